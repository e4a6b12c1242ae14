import { type ActorProfile, type ActorState, emptyState, type JournalEntry } from '../../../src/domain/actor-state.ts';
import { type AssembledDecision, assemble } from '../../../src/domain/decision/assemble.ts';
import { evolve, foldEntries, journalEntryOf } from '../../../src/domain/decision/evolve.ts';
import { plan } from '../../../src/domain/decision/plan.ts';
import type { Plan } from '../../../src/domain/decision/planned.ts';
import { reentrySignal } from '../../../src/domain/decision/reentry.ts';
import { decisionIdOf } from '../../../src/domain/ids.ts';
import type { CompiledPlaybook } from '../../../src/domain/playbook/model.ts';
import type { TenantPolicy } from '../../../src/domain/rules.ts';
import type { WaitingCandidate } from '../../../src/domain/waiting.ts';
import type { MmmDelivery, MmmSignalInput } from '../../../src/generated/records.ts';
import { aProfile, aSignal, ids, rulesOf } from './given.ts';

export interface Told extends AssembledDecision {
  readonly atMs: number;
  readonly plan: Plan;
}

/** One actor's life: signals, and what was put off coming back when it is due. Pure: journal, stores and scheduler are these few lists. */
export class Story {
  state: ActorState;
  readonly told: Told[] = [];
  readonly entries: JournalEntry[] = [];
  readonly originals = new Map<string, MmmSignalInput>();
  playbooks: readonly CompiledPlaybook[];
  policy: Partial<TenantPolicy>;
  #signals = 0;

  constructor(playbooks: readonly CompiledPlaybook[], policy: Partial<TenantPolicy> = {}, profile = aProfile()) {
    this.playbooks = playbooks;
    this.policy = policy;
    this.state = emptyState(profile);
  }

  signal(atMs: number, change: Partial<MmmSignalInput> = {}): Told {
    this.#signals += 1;
    return this.#decide(
      aSignal({ signal_id: `signal-${this.#signals}`, occurred_at: new Date(atMs).toISOString(), ...change }),
      atMs,
    );
  }

  /** The scheduler hands out this one, at this moment or when it is due. */
  release(waiting: WaitingCandidate, atMs: number = waiting.dueMs): Told {
    return this.#decide(this.reentryOf(waiting), atMs);
  }

  /** What is due until then comes back, each at its own time. */
  releaseUntil(untilMs: number): Told[] {
    const released: Told[] = [];
    for (;;) {
      const next = this.state.waiting.toSorted((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > untilMs) return released;
      released.push(this.release(next));
    }
  }

  reentryOf({ actionId, decisionId, attempt, dueMs }: WaitingCandidate): MmmSignalInput {
    const signal = this.originals.get(actionId);
    if (signal === undefined) throw new Error('the test knows no signal of what waits');
    const { tenant_id: tenantId, actor_id: actorId } = signal;
    return reentrySignal(ids, { tenantId, actorId: actorId!, decisionId, actionId, attempt, dueAtMs: dueMs, signal });
  }

  /** As a change of preferences does: kept outside the journal. */
  prefer(change: Partial<ActorProfile['preferences']>): void {
    const profile = this.state.profile ?? aProfile();
    this.state = { ...this.state, profile: { ...profile, preferences: { ...profile.preferences, ...change } } };
  }

  get deliveries(): readonly MmmDelivery[] {
    return this.told.flatMap(({ deliveries }) => deliveries.map(({ delivery }) => delivery));
  }

  /** The state folded anew from the journal, as after a restart. */
  folded(): ActorState {
    return foldEntries(this.state.profile, this.entries);
  }

  #decide(signal: MmmSignalInput, atMs: number): Told {
    const rules = rulesOf(this.playbooks, this.policy);
    const made = plan({
      signal,
      state: this.state,
      rules,
      context: { incidentActive: false, freezeActive: false, onCall: false },
      decidedAtMs: atMs,
      ids,
      originals: this.originals,
    });
    const decisionId = decisionIdOf(ids, signal.signal_id);
    const entry = journalEntryOf(ids, {
      signal,
      plan: made,
      version: this.entries.length + 1,
      decidedAtMs: atMs,
      decisionId,
      chainBefore: this.state.chain,
    });
    this.entries.push(entry);
    this.state = evolve(this.state, entry);
    for (const { waiting, signal: original } of made.upkeep?.deferred ?? [])
      this.originals.set(waiting.actionId, original);
    const records =
      made.result === 'decided'
        ? assemble({
            signal,
            plan: made,
            rules,
            ids,
            decisionId,
            receiptId: `receipt-${decisionId}`,
            decidedAtMs: atMs,
          })
        : { decision: null as unknown as AssembledDecision['decision'], deliveries: [] };
    const told = { ...records, atMs, plan: made };
    this.told.push(told);
    return told;
  }
}

/** `<disposition>: <reason>` of each candidate. */
export const ends = ({ plan: made }: Told): string[] =>
  made.candidates.map(({ disposition, reasonCode }) => `${disposition}: ${reasonCode}`);
/** `<surface> <variant> r<revision> <state>[ !]` of each delivery, `!` = it makes itself heard. */
export const shown = ({ deliveries }: Told): string[] =>
  deliveries.map(({ delivery: d }) => `${d.surface} ${d.variant} r${d.revision} ${d.state}${d.notify ? ' !' : ''}`);
