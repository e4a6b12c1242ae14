import type { IdPort } from '../../domain/ids.ts';
import { RecentMap } from '../../pipeline/recent-map.ts';
import type { RulesHistory } from '../recorded-history.ts';
import { rulesNameOf, versionOf } from '../rules-in-force.ts';
import { type ActorJournal, judgeJournal } from './judge-journal.ts';
import type { JudgedRules } from './judge-rules.ts';
import type { DecisionEvidence, OutboxLine, OutcomeEvidence, ReceiptEvidence } from './receipt-evidence.ts';

/** Receipts of a topic come actor by actor within a partition: enough for all that are read at once, and some 50 MB at most. */
const ACTORS_MAX = 200;
const RULES_MAX = 1_000;

/** Evidence for many receipts: an actor's journal is read and gone through once for all of its decisions, rules are compiled once. */
export class EvidenceCache {
  readonly #evidence: ReceiptEvidence;
  readonly #ids: IdPort;
  readonly #actors = new RecentMap<string, ActorJournal>(ACTORS_MAX);
  readonly #rules = new Map<string, RulesHistory>();
  readonly #compiled = new Map<string, JudgedRules>();
  #tenants: readonly string[] | null = null;

  constructor(evidence: ReceiptEvidence, ids: IdPort) {
    this.#evidence = evidence;
    this.#ids = ids;
  }

  /** The tenant of a receipt, which may hold its digest; null: no tenant of this database. */
  async tenantOf(text: string): Promise<string | null> {
    if (!text.startsWith('sha256:')) return text === '' ? null : text;
    this.#tenants ??= await this.#evidence.tenants();
    return this.#tenants.find((tenant) => `sha256:${this.#ids.sha256(tenant)}` === text) ?? null;
  }

  async decision(tenantId: string, receiptId: string): Promise<DecisionEvidence | null> {
    return await this.#evidence.decision(tenantId, receiptId);
  }

  async outcome(tenantId: string, receiptId: string): Promise<OutcomeEvidence | null> {
    return await this.#evidence.outcome(tenantId, receiptId);
  }

  async isErased(tenantId: string, actorRef: string): Promise<boolean> {
    return await this.#evidence.isErased(tenantId, actorRef);
  }

  async outbox(decisionIds: readonly string[]): Promise<ReadonlyMap<string, readonly OutboxLine[]>> {
    return decisionIds.length === 0 ? new Map() : await this.#evidence.outbox(decisionIds);
  }

  /** Up to the entry of this id at least, if it is there. Null: no such actor. */
  async journal(tenantId: string, actorId: string, entryId: string): Promise<ActorJournal | null> {
    const key = JSON.stringify([tenantId, actorId]);
    const held = this.#actors.get(key);
    if (held?.lines.some(({ entry }) => (entry.kind === 'signal' ? entry.signalId : entry.entryId) === entryId))
      return held;
    // The lines before the actor: its version then counts all of them, and perhaps one more, of which nothing is concluded.
    const lines = await this.#evidence.journal(tenantId, actorId);
    const actor = await this.#evidence.actor(tenantId, actorId);
    if (actor === null) return null;
    const judged = judgeJournal(this.#ids, actor, lines);
    this.#actors.set(key, judged);
    return judged;
  }

  /** With these names in it, if they are stored. */
  async rules(tenantId: string, names: readonly string[]): Promise<RulesHistory> {
    const held = this.#rules.get(tenantId);
    if (held !== undefined && names.every((name) => isIn(held, tenantId, name))) return held;
    const read = await this.#evidence.rules(tenantId);
    this.#rules.set(tenantId, read);
    return read;
  }

  compiled(tenantId: string, key: string, make: () => JudgedRules): JudgedRules {
    const name = JSON.stringify([tenantId, key]);
    const held = this.#compiled.get(name);
    if (held !== undefined) return held;
    const made = make();
    if (this.#compiled.size >= RULES_MAX) this.#compiled.clear();
    this.#compiled.set(name, made);
    return made;
  }

  /** Of what an earlier decision put off: by action id, for the originals that a decision recorded. */
  async deferredFacts(tenantId: string, stored: DecisionEvidence): Promise<ReadonlyMap<string, string>> {
    const actionIds = [...stored.read.matchAll(/"([0-9a-f]{8}-[0-9a-f-]{27})":\{"signal_id":/g)].map(
      (match) => match[1]!,
    );
    return actionIds.length === 0 ? new Map() : await this.#evidence.deferredFacts(tenantId, actionIds);
  }
}

const isIn = (history: RulesHistory, tenantId: string, text: string): boolean => {
  const name = rulesNameOf(tenantId, text);
  if (name?.kind === 'policy') return history.policies.some(({ version }) => version === name.version);
  return name?.kind !== 'playbook' || versionOf(history, name.playbookId, name.version) !== null;
};
