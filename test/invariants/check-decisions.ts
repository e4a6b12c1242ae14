import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import { canonicalJson } from '../../src/domain/receipt/canonical-json.ts';
import { DISPOSITIONS } from '../../src/domain/vocabulary.ts';
import type { JournalEntry } from '../../src/domain/actor-state.ts';
import type { MmmDelivery } from '../../src/generated/records.ts';
import type { DecisionRow } from '../../src/pipeline/ports/journal.ts';
import { actorOf, type Remains, type Shown } from './remains.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** I4, G3, G4 and G5: what was decided, and on what. */
export const checkDecisions = (remains: Remains): void => {
  checkCaps(remains);
  checkChains(remains);
  const entries = [...remains.journal.values()].flat().filter((entry) => entry.kind === 'signal');
  const charged = new Map(entries.map((entry) => [entry.decisionId, entry.sent.length]));
  for (const decision of remains.decisions.values()) {
    checkDispositions(decision, charged.get(decision.decisionId) ?? 0, remains.find);
  }
};

type Delivery = Pick<MmmDelivery, 'tenant_id' | 'action_id' | 'timestamp_utc' | 'revision' | 'items'>;
const deliveryIn = ({ body }: Shown): Delivery => body as unknown as Delivery;

/** I4: counted from what was delivered and from nothing else. The tenants' days are UTC. */
const checkCaps = ({ quotasOf, outputs, find }: Remains): void => {
  const sent = new Map<string, { readonly tenantId: string; readonly actions: Map<string, number> }>();
  for (const record of outputs) {
    if (!record.topic.startsWith('mmm.delivery.')) continue;
    const { tenant_id, action_id, timestamp_utc, revision, items } = deliveryIn(record);
    // What changes a card or takes it away is nothing more to read.
    if (revision > 1) continue;
    const actor = actorOf(record.body);
    const { actions } = sent.get(actor) ?? { actions: new Map<string, number>() };
    const told = items.length === 0 ? [action_id] : items.map((item) => item.action_id);
    for (const id of told) actions.set(id, Date.parse(timestamp_utc));
    sent.set(actor, { tenantId: tenant_id, actions });
  }
  for (const [actor, { tenantId, actions }] of sent) {
    const { perDay, perHour } = quotasOf(tenantId);
    const times = [...actions.values()];
    // No window can hold more than there are.
    if (times.length <= Math.min(perDay, perHour)) continue;
    for (const atMs of times) {
      const hour = times.filter((other) => other > atMs - HOUR_MS && other <= atMs).length;
      const day = times.filter((other) => Math.floor(other / DAY_MS) === Math.floor(atMs / DAY_MS)).length;
      if (hour > perHour) find('I4', `${actor} got ${hour} actions in an hour, ${perHour} are allowed`, 'over cap');
      if (day > perDay) find('I4', `${actor} got ${day} actions on a day, ${perDay} are allowed`, 'over cap');
      if (hour > perHour || day > perDay) break;
    }
  }
};

const chainOf = (before: string, { chain: _chain, ...entry }: JournalEntry): string =>
  uuidIds.sha256(before + canonicalJson(entry));

/** G3: each entry follows from the one before it, and each decision read the state that the journal had then, no other. */
const checkChains = ({ journal, decisions, find }: Remains): void => {
  for (const [actor, entries] of journal) {
    let chain = '';
    let version = 0;
    for (const entry of entries) {
      version += 1;
      if (entry.version !== version) find('G3', `${actor}: entry ${version} calls itself ${entry.version}`, 'other');
      if (entry.chain !== chainOf(chain, entry))
        find('G3', `${actor}: entry ${version} was planned on another state`, 'other');
      const read = entry.kind === 'signal' ? decisions.get(entry.decisionId ?? '')?.read : undefined;
      if (read !== undefined && (JSON.parse(read) as { state_chain: string }).state_chain !== chain) {
        find('G3', `${actor}: decision ${entry.decisionId ?? ''} read another state`, 'other');
      }
      chain = entry.chain;
    }
  }
};

interface Traced {
  readonly candidates: readonly { action_id: string; disposition: string; reason_code: string }[];
}

/** G5: each candidate ends once, with a reason; what is delivered is what was charged and what goes out. */
const checkDispositions = (decision: DecisionRow, charged: number, find: Remains['find']): void => {
  const { candidates } = JSON.parse(decision.trace) as Traced;
  const known: readonly string[] = DISPOSITIONS;
  for (const { action_id, disposition, reason_code } of candidates) {
    if (!known.includes(disposition) || reason_code === '')
      find('G5', `${action_id} ended as "${disposition}"`, 'other');
  }
  if (new Set(candidates.map((one) => one.action_id)).size < candidates.length) {
    find('G5', `${decision.decisionId} has a candidate twice`, 'other');
  }
  const said = candidates.filter((one) => one.disposition === 'delivered' || one.disposition === 'digested');
  const { actions } = JSON.parse(decision.body) as { actions: { action_id: string }[] };
  const sorted = (list: readonly { action_id: string }[]): string =>
    list
      .map((one) => one.action_id)
      .sort()
      .join();
  if (sorted(said) !== sorted(actions)) {
    find('G5', `${decision.decisionId} sends something else than its candidates say`, 'other');
  }
  // A revision of a live card charges nothing (design 3.4).
  const opened = said.filter((one) => one.reason_code === 'sent').length;
  if (charged !== opened) find('G5', `${decision.decisionId} opens ${opened} cards and charges ${charged}`, 'other');
};
