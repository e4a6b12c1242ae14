import type { TopicReader } from '../../admin/ports/topic-reader.ts';
import type { ActorState } from '../../domain/actor-state.ts';
import { emptyState } from '../../domain/actor-state.ts';
import { assemble, type AssembledDecision } from '../../domain/decision/assemble.ts';
import { evolve } from '../../domain/decision/evolve.ts';
import { plan } from '../../domain/decision/plan.ts';
import type { ContextFacts, PlanInput } from '../../domain/decision/planned.ts';
import { isDeferralDue } from '../../domain/decision/release.ts';
import { actorKeyText, type IdPort } from '../../domain/ids.ts';
import type { TenantRules } from '../../domain/rules.ts';
import type { MmmDecision, MmmSignalInput } from '../../generated/records.ts';
import { type TopicName, TOPICS } from '../../generated/topics.ts';
import { decisionRecords, receiptRecord } from '../../pipeline/decide/decision-records.ts';
import type { InputDecoder, RecordCodec } from '../../pipeline/ports/codec.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import type { Recorded } from '../backtest/replay-actor.ts';
import { lineFilter } from '../plan/selection.ts';
import type { RecordedHistory } from '../recorded-history.ts';
import { RecordedRules } from '../recorded-rules.ts';
import type { RulesDocuments } from '../rules-in-force.ts';
import { type SelectedLine, walkRecorded } from '../walk-recorded.ts';
import type { DecisionOnFile, DecisionsOnFile, WaitingDecisions } from './decisions-on-file.ts';
import { type OutputIds, outputIds } from './output-ids.ts';
import type { CollectRequest } from './redeliveries.ts';
import { type Collected, LeftOut, refuseTooMany, type ReplayItem } from './replay-item.ts';
import { signalsOfRange } from './signals-of-range.ts';

export interface ReconcileDeps {
  readonly history: RecordedHistory;
  readonly onFile: DecisionsOnFile;
  readonly outbox: WaitingDecisions;
  readonly reader: TopicReader;
  readonly decoder: InputDecoder;
  readonly codec: RecordCodec;
  readonly ids: IdPort;
  readonly compile: (documents: RulesDocuments) => TenantRules | null;
  readonly noContext: ContextFacts;
}

/** A decision of the selection with what it was planned from. */
interface Planned {
  readonly line: SelectedLine;
  readonly decisionId: string;
  readonly input: PlanInput | null;
}

const planInput = (
  ids: IdPort,
  state: ActorState,
  { entry }: SelectedLine,
  recorded: Recorded,
  rules: TenantRules,
): PlanInput => {
  const { signal, profile, context, originals, originalContexts } = recorded;
  const input = { signal, state: { ...state, profile }, rules, context, decidedAtMs: entry.decidedAtMs, ids };
  if (!isDeferralDue(signal)) return input;
  return {
    ...input,
    originals: new Map(Object.entries(originals ?? {})),
    originalContexts: new Map(Object.entries(originalContexts ?? {})),
  };
};

/**
 * The decision with its deliveries, made again from what was recorded; null when that does not give the very text that was stored (its rules are gone,
 * the journal is purged, another release decided). A delivery is nowhere stored but in its topic, and nothing may be put there that was not decided.
 */
const madeAgain = ({ input }: Planned, stored: DecisionOnFile): AssembledDecision | null => {
  if (input?.rules === undefined || input.rules === null) return null;
  const made = plan(input);
  if (made.result !== 'decided') return null;
  const { signal, rules, ids, decidedAtMs } = input;
  const { decisionId, receiptId } = stored;
  const assembled = assemble({ signal, plan: made, rules, ids, decisionId, receiptId, decidedAtMs });
  return JSON.stringify(assembled.decision) === stored.body ? assembled : null;
};

const recordsOf = (
  codec: RecordCodec,
  signal: MmmSignalInput,
  stored: DecisionOnFile,
  assembled: AssembledDecision | null,
): {
  readonly decision: OutputRecord;
  readonly deliveries: readonly OutputRecord[];
  readonly receipt: OutputRecord;
} => {
  const key = actorKeyText({ tenantId: signal.tenant_id, actorId: signal.actor_id ?? '' });
  const body = JSON.parse(stored.body) as MmmDecision;
  const receipt = Buffer.from(stored.receipt, 'utf8');
  const [decision, ...deliveries] = decisionRecords(
    codec,
    key,
    signal,
    assembled ?? { decision: body, deliveries: [] },
    receipt.length,
  );
  return { decision: decision!, deliveries, receipt: receiptRecord(codec, decision!, receipt) };
};

const agedOut = (topic: TopicName, decidedAtMs: number, asOfMs: number): boolean =>
  decidedAtMs < asOfMs - TOPICS[topic].retentionMs;

/**
 * What the outputs lack of the selected decisions, compared by id: the decision and its receipt as stored, its deliveries made again. What still waits in
 * the outbox is on its way, what is older than its topic keeps has aged out, and a card that has expired is left out. `planId`: what a run of this very
 * plan has sent already does not count as there, so that the list is the same when the run goes on.
 */
export const collectMissing = async (
  deps: ReconcileDeps,
  { tenantId, selection, asOfMs }: CollectRequest,
  planId: string,
): Promise<Collected> => {
  const { history, codec, ids } = deps;
  const isSelected = lineFilter(selection, await signalsOfRange(deps.reader, tenantId, selection));
  const rules = new RecordedRules(tenantId, await history.rules(tenantId), deps.compile);
  const leftOut = new LeftOut();
  const scan = async (): Promise<OutputIds> => await outputIds(deps, { tenantId, sinceMs: selection.fromMs, planId });
  // What is there now is there; whether the rest is missing is asked anew at the end.
  const there = await scan();
  let [selected, state] = [0, emptyState(null)];
  let pending: (Planned & { readonly recorded: Recorded })[] = [];
  const items: ReplayItem[] = [];

  const judge = (one: Planned & { readonly recorded: Recorded }, stored: DecisionOnFile): void => {
    const { signal } = one.recorded;
    const { decidedAtMs } = one.line.entry;
    const assembled = madeAgain(one, stored);
    const records = recordsOf(codec, signal, stored, assembled);
    const add = (record: OutputRecord, of: string, nudge: ReplayItem['nudge']): void => {
      if (agedOut(record.topic, decidedAtMs, asOfMs)) return leftOut.add('aged_out');
      if (there.has(record.topic, of)) return;
      items.push({ record, of, atMs: decidedAtMs, nudge });
      refuseTooMany(items.length);
    };
    add(records.decision, stored.decisionId, null);
    if (assembled === null) leftOut.add('decision_not_reproducible');
    for (const [at, { topic, delivery }] of (assembled?.deliveries ?? []).entries()) {
      const expiresAtMs = Date.parse(delivery.expires_at);
      const record = records.deliveries[at]!;
      const live = delivery.state === 'live';
      if (live && expiresAtMs <= asOfMs && !there.has(topic, delivery.delivery_id)) leftOut.add('expired');
      else {
        const { playbook_id: playbookId, action_type: actionType, surface, notify, actor_id: actorId } = delivery;
        const nudge = { actorId, decisionId: stored.decisionId, playbookId, actionType, surface, notify, expiresAtMs };
        add(record, delivery.delivery_id, live ? nudge : null);
      }
    }
    add(records.receipt, stored.receiptId, null);
  };

  await walkRecorded(
    deps,
    { tenantId, stretch: selection, isSelected },
    {
      nextActor: () => {
        state = emptyState(null);
      },
      other: (entry) => {
        state = evolve(state, entry);
      },
      selected: (line, recorded) => {
        selected += 1;
        const { decisionId } = line.entry;
        if (decisionId !== null && recorded !== null) {
          const of = rules.then(line);
          const input = of === null ? null : planInput(ids, state, line, recorded, of);
          pending.push({ line, decisionId, input, recorded });
        }
        state = evolve(state, line.entry);
      },
      piece: async () => {
        const due = pending;
        pending = [];
        if (due.length === 0) return;
        const stored = await deps.onFile.decisions(
          tenantId,
          due.map(({ decisionId }) => decisionId),
        );
        for (const one of due) {
          const found = stored.get(one.decisionId);
          if (found !== undefined && concerns(found, selection.playbookId)) judge(one, found);
        }
      },
    },
  );
  const missing = items.length === 0 ? [] : await stillMissing(deps, tenantId, { items, leftOut, scan });
  return { selected, items: missing, leftOut: leftOut.counts, duplicates: 0, late: 0 };
};

/**
 * Every decision is listed by now, so: the outbox, and only then the topics. What has left the outbox when it is asked is in them, if it ever got there;
 * in any other order a record on its way would be sent twice.
 */
const stillMissing = async (
  { outbox }: Pick<ReconcileDeps, 'outbox'>,
  tenantId: string,
  found: { readonly items: readonly ReplayItem[]; readonly leftOut: LeftOut; readonly scan: () => Promise<OutputIds> },
): Promise<readonly ReplayItem[]> => {
  const waiting = await outbox.waiting(tenantId);
  const there = await found.scan();
  return found.items.filter(({ record, of }) => {
    if (there.has(record.topic, of)) return false;
    const onItsWay = waiting.has(String(record.headers['mmm-decision-id']));
    if (onItsWay) found.leftOut.add('still_on_its_way');
    return !onItsWay;
  });
};

const concerns = ({ body }: DecisionOnFile, playbookId: string | null): boolean =>
  playbookId === null ||
  (JSON.parse(body) as MmmDecision).candidates.some((candidate) => candidate.playbook_id === playbookId);
