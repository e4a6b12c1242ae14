import { type ActorState, emptyState, type JournalEntry, type SignalEntry } from '../../domain/actor-state.ts';
import { evolve, journalEntryOf } from '../../domain/decision/evolve.ts';
import { plan } from '../../domain/decision/plan.ts';
import type { Plan } from '../../domain/decision/planned.ts';
import { isDeferralDue } from '../../domain/decision/release.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { TenantRules } from '../../domain/rules.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { Recorded } from '../backtest/replay-actor.ts';

/**
 * One actor's past, in which some signals are decided again. The clock is that of the recording: each is decided at its own recorded moment, and what it
 * charges counts in the windows of then, in a state that ends with the shadow. Today's budget is never looked at.
 */
export class ShadowActor {
  readonly #ids: IdPort;
  readonly #originals = new Map<string, MmmSignalInput>();
  #state: ActorState = emptyState(null);

  constructor(ids: IdPort) {
    // No digest of a shadow is ever stored, and the chain of digests would be a fifth of its time.
    this.#ids = ids;
  }

  take(entry: JournalEntry): void {
    this.#state = evolve(this.#state, entry);
  }

  plan(entry: SignalEntry, recorded: Recorded, rules: TenantRules | null): Plan {
    const { signal, profile, context, originals = {}, originalContexts = {} } = recorded;
    for (const [actionId, original] of Object.entries(originals)) this.#originals.set(actionId, original);
    const { decidedAtMs, version, decisionId } = entry;
    const input = { signal, state: { ...this.#state, profile }, rules, context, decidedAtMs, ids: this.#ids };
    const made = isDeferralDue(signal)
      ? plan({ ...input, originals: this.#originals, originalContexts: new Map(Object.entries(originalContexts)) })
      : plan(input);
    for (const { waiting, signal: original } of made.upkeep?.deferred ?? [])
      this.#originals.set(waiting.actionId, original);
    for (const { actionId } of made.upkeep?.resolved ?? []) this.#originals.delete(actionId);
    const facts = { signal, plan: made, version, decidedAtMs, decisionId, chainBefore: '' };
    this.#state = evolve(this.#state, journalEntryOf({ ...this.#ids, sha256: () => '' }, facts));
    return made;
  }
}
