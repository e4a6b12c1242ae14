import {
  type ActorProfile,
  type ActorState,
  emptyState,
  type JournalEntry,
  type SignalEntry,
} from '../../domain/actor-state.ts';
import { evolve, journalEntryOf } from '../../domain/decision/evolve.ts';
import { plan } from '../../domain/decision/plan.ts';
import type { ContextFacts, Plan } from '../../domain/decision/planned.ts';
import { reentrySignal } from '../../domain/decision/reentry.ts';
import { isDeferralDue } from '../../domain/decision/release.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { CompiledPlaybook } from '../../domain/playbook/model.ts';
import { triggerMatches } from '../../domain/playbook/trigger-match.ts';
import type { TenantRules } from '../../domain/rules.ts';
import type { WaitingCandidate } from '../../domain/waiting.ts';
import type { MmmSignalInput } from '../../generated/records.ts';

/** The two sets of rules that are compared: they differ in one playbook, which either may lack. */
export interface ComparedRules {
  readonly playbookId: string;
  readonly live: TenantRules;
  readonly next: TenantRules;
}

/** What was read for a signal besides the state and the rules. */
export interface Recorded {
  readonly signal: MmmSignalInput;
  readonly profile: ActorProfile | null;
  readonly context: ContextFacts;
  /** Of a re-entry: by action id, the events of what was put off. */
  readonly originals?: Readonly<Record<string, MmmSignalInput>>;
  readonly originalContexts?: Readonly<Record<string, ContextFacts>>;
}

/** One recorded signal, planned under both sets of rules. The same object twice: nothing could differ. */
export interface ReplayedSignal {
  readonly entry: SignalEntry;
  readonly signal: MmmSignalInput;
  readonly live: Plan;
  readonly next: Plan;
}

/** One set of rules with the state that it has led to, and the events of what waits under it. */
interface Side {
  readonly rules: TenantRules;
  state: ActorState;
  readonly originals: Map<string, MmmSignalInput>;
}

/** No digest of a replay is ever stored, and the chain of digests would be a fifth of its time. */
const withoutDigests = (ids: IdPort): IdPort => ({ ...ids, sha256: () => '' });

const keepOriginals = ({ originals }: Side, { upkeep }: Plan): void => {
  if (upkeep === undefined) return;
  for (const { waiting, signal } of upkeep.deferred) originals.set(waiting.actionId, signal);
  for (const { actionId } of upkeep.resolved) originals.delete(actionId);
};

/**
 * One actor's recorded past, gone through once more under two sets of rules. Until `from` the state is what was recorded; after it each side lives with
 * its own charges. As long as both states are the same and the playbook in question does not look at a signal, one plan is both.
 */
export class ActorReplay {
  readonly #ids: IdPort;
  readonly #actorId: string;
  readonly #compared: readonly CompiledPlaybook[];
  readonly #entryIds: IdPort;
  readonly #live: Side;
  readonly #next: Side;

  constructor(ids: IdPort, rules: ComparedRules, actorId: string) {
    this.#ids = ids;
    this.#actorId = actorId;
    this.#entryIds = withoutDigests(ids);
    this.#compared = [rules.live, rules.next].flatMap(({ playbooks }) => playbooks.versions(rules.playbookId));
    const state = emptyState(null);
    this.#live = { rules: rules.live, state, originals: new Map() };
    this.#next = { rules: rules.next, state, originals: new Map() };
  }

  /** An entry that is taken as it was: from before the stretch, or nothing that can be planned. */
  take(entry: JournalEntry): void {
    const same = this.#isTogether();
    this.#live.state = evolve(this.#live.state, entry);
    this.#next.state = same ? this.#live.state : evolve(this.#next.state, entry);
  }

  replay(entry: SignalEntry, recorded: Recorded): ReplayedSignal {
    const { signal } = recorded;
    if (recorded.originals !== undefined) {
      for (const [actionId, original] of Object.entries(recorded.originals)) {
        for (const side of [this.#live, this.#next]) side.originals.set(actionId, original);
      }
    }
    const together = this.#isTogether();
    const live = this.#plan(this.#live, entry.decidedAtMs, recorded);
    const next = together && !this.#isCompared(signal) ? live : this.#plan(this.#next, entry.decidedAtMs, recorded);
    const liveEntry = this.#entry(live, this.#live.state, entry, signal);
    const nextEntry = live === next ? liveEntry : this.#entry(next, this.#next.state, entry, signal);
    const stillTogether = together && (live === next || JSON.stringify(liveEntry) === JSON.stringify(nextEntry));
    this.#live.state = evolve(this.#live.state, liveEntry);
    // A fold copies hundreds of recent signals: once for both while they are one.
    this.#next.state = stillTogether ? this.#live.state : evolve(this.#next.state, nextEntry);
    keepOriginals(this.#live, live);
    keepOriginals(this.#next, next);
    return { entry, signal, live, next };
  }

  /**
   * What the other rules have put off and the live ones have not: nobody recorded its release, so it is released here, as the scheduler would have done.
   * In order of time up to `untilMs`; a release may put off again.
   */
  releaseOwn(
    untilMs: number,
    { profile, context }: Omit<Recorded, 'signal' | 'originals' | 'originalContexts'>,
  ): readonly Plan[] {
    const released: Plan[] = [];
    while (!this.#isTogether()) {
      const due = this.#ownDue(untilMs);
      const original = due === null ? undefined : this.#next.originals.get(due.actionId);
      if (due === null || original === undefined) break;
      const { tenant_id: tenantId } = original;
      const signal = reentrySignal(this.#ids, {
        ...{ tenantId, actorId: this.#actorId, decisionId: due.decisionId, actionId: due.actionId },
        ...{ attempt: due.attempt, dueAtMs: due.dueMs, signal: original },
      });
      const made = this.#plan(this.#next, due.dueMs, { signal, profile, context });
      const entry = journalEntryOf(this.#entryIds, {
        ...{ signal, plan: made, version: 0, decidedAtMs: due.dueMs, decisionId: null, chainBefore: '' },
      });
      this.#next.state = evolve(this.#next.state, entry);
      keepOriginals(this.#next, made);
      released.push(made);
    }
    return released;
  }

  #isTogether(): boolean {
    return this.#live.state === this.#next.state;
  }

  #ownDue(untilMs: number): WaitingCandidate | null {
    const live = new Set(this.#live.state.waiting.map(({ actionId }) => actionId));
    const own = this.#next.state.waiting.filter(
      ({ actionId, dueMs }) => dueMs <= untilMs && !live.has(actionId) && this.#next.originals.has(actionId),
    );
    return own.toSorted((a, b) => a.dueMs - b.dueMs)[0] ?? null;
  }

  #isCompared(signal: MmmSignalInput): boolean {
    return this.#compared.some(({ playbook }) => playbook.triggers.some((trigger) => triggerMatches(trigger, signal)));
  }

  #plan({ rules, state, originals }: Side, decidedAtMs: number, recorded: Recorded): Plan {
    const { signal, profile, context, originalContexts = {} } = recorded;
    const input = { signal, state: { ...state, profile }, rules, context, decidedAtMs, ids: this.#ids };
    if (!isDeferralDue(signal)) return plan(input);
    return plan({ ...input, originals, originalContexts: new Map(Object.entries(originalContexts)) });
  }

  #entry(made: Plan, state: ActorState, entry: SignalEntry, signal: MmmSignalInput): SignalEntry {
    // Without a decision the entry holds what follows from signal and result alone: the recorded one is it.
    if (made.result !== 'decided' && made.result === entry.result && made.upkeep === undefined) return entry;
    const { version, decidedAtMs, decisionId } = entry;
    const facts = { signal, plan: made, version, decidedAtMs, decisionId, chainBefore: state.chain };
    return journalEntryOf(this.#entryIds, facts);
  }
}
