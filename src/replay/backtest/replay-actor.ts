import { type ActorProfile, type ActorState, emptyState, type JournalEntry } from '../../domain/actor-state.ts';
import { evolve, journalEntryOf } from '../../domain/decision/evolve.ts';
import { plan } from '../../domain/decision/plan.ts';
import type { ContextFacts, Plan } from '../../domain/decision/planned.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { CompiledPlaybook } from '../../domain/playbook/model.ts';
import { triggerMatches } from '../../domain/playbook/trigger-match.ts';
import type { TenantRules } from '../../domain/rules.ts';
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
}

/** One recorded signal, planned under both sets of rules. The same object twice: nothing could differ. */
export interface ReplayedSignal {
  readonly entry: JournalEntry;
  readonly signal: MmmSignalInput;
  readonly live: Plan;
  readonly next: Plan;
}

/** No digest of a replay is ever stored, and the chain of digests would be a fifth of its time. */
const withoutDigests = (ids: IdPort): IdPort => ({ ...ids, sha256: () => '' });

/**
 * One actor's recorded past, gone through once more under two sets of rules. Until `from` the state is what was recorded; after it each side lives with
 * its own charges. As long as both states are the same and the playbook in question does not look at a signal, one plan is both.
 */
export class ActorReplay {
  readonly #ids: IdPort;
  readonly #rules: ComparedRules;
  readonly #compared: readonly CompiledPlaybook[];
  readonly #entryIds: IdPort;
  #live: ActorState = emptyState(null);
  #next: ActorState = this.#live;

  constructor(ids: IdPort, rules: ComparedRules) {
    this.#ids = ids;
    this.#rules = rules;
    this.#entryIds = withoutDigests(ids);
    this.#compared = [rules.live, rules.next].flatMap(({ playbooks }) =>
      playbooks.all.filter(({ playbook }) => playbook.id === rules.playbookId),
    );
  }

  /** An entry that is taken as it was: from before the stretch, or nothing that can be planned. */
  take(entry: JournalEntry): void {
    const same = this.#live === this.#next;
    this.#live = evolve(this.#live, entry);
    this.#next = same ? this.#live : evolve(this.#next, entry);
  }

  replay(entry: JournalEntry, recorded: Recorded): ReplayedSignal {
    const { signal } = recorded;
    const together = this.#live === this.#next;
    const live = this.#plan(this.#rules.live, this.#live, entry, recorded);
    const next =
      together && !this.#isCompared(signal) ? live : this.#plan(this.#rules.next, this.#next, entry, recorded);
    const liveEntry = this.#entry(live, this.#live, entry, signal);
    this.#live = evolve(this.#live, liveEntry);
    if (live === next) this.#next = this.#live;
    else {
      const nextEntry = this.#entry(next, this.#next, entry, signal);
      const stillTogether = together && JSON.stringify(liveEntry) === JSON.stringify(nextEntry);
      this.#next = stillTogether ? this.#live : evolve(this.#next, nextEntry);
    }
    return { entry, signal, live, next };
  }

  #isCompared(signal: MmmSignalInput): boolean {
    return this.#compared.some(({ playbook }) => playbook.triggers.some((trigger) => triggerMatches(trigger, signal)));
  }

  #plan(
    rules: TenantRules,
    state: ActorState,
    { decidedAtMs }: JournalEntry,
    { signal, profile, context }: Recorded,
  ): Plan {
    return plan({ signal, state: { ...state, profile }, rules, context, decidedAtMs, ids: this.#ids });
  }

  #entry(made: Plan, state: ActorState, entry: JournalEntry, signal: MmmSignalInput): JournalEntry {
    // Without a decision the entry holds what follows from signal and result alone: the recorded one is it.
    if (made.result !== 'decided' && made.result === entry.result) return entry;
    const { version, decidedAtMs, decisionId } = entry;
    const facts = { signal, plan: made, version, decidedAtMs, decisionId, chainBefore: state.chain };
    return journalEntryOf(this.#entryIds, facts);
  }
}
