import { type ActorProfile, type ActorState, emptyState, type JournalEntry } from '../../domain/actor-state.ts';
import { evolve, journalEntryOf } from '../../domain/decision/evolve.ts';
import { outcomeEntryOf } from '../../domain/decision/outcome-entry.ts';
import { plan } from '../../domain/decision/plan.ts';
import type { ContextFacts, Plan, PlannedAction } from '../../domain/decision/planned.ts';
import { reentrySignal } from '../../domain/decision/reentry.ts';
import { endingOf, subjectResolvedSignal } from '../../domain/decision/subject-resolved.ts';
import { type ActorKey, actorKeyText, decisionIdOf, type IdPort } from '../../domain/ids.ts';
import type { TenantRules } from '../../domain/rules.ts';
import { subjectKeyOfSignal } from '../../domain/subject.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { OutcomeSnippet, ScenarioGiven } from './scenario.ts';

interface Held {
  readonly key: ActorKey;
  readonly state: ActorState;
  readonly version: number;
}
interface Said {
  readonly key: ActorKey;
  readonly decisionId: string;
  readonly action: PlannedAction;
}

/**
 * The decision core with its states in memory: an actor's signals one after the other, what waits coming back when it is due, what somebody ended told to
 * those who have it open, and what became of an action in its actor's journal. As the stages do it, without stores.
 */
export class ScenarioCore {
  readonly #rules: TenantRules;
  readonly #profiles: ReadonlyMap<string, ActorProfile>;
  readonly #context: ContextFacts;
  readonly #ids: IdPort;
  readonly #held = new Map<string, Held>();
  /** What waits, by the action that was put off. */
  readonly #originals = new Map<string, MmmSignalInput>();
  #said: readonly Said[] = [];

  constructor(rules: TenantRules, profiles: ReadonlyMap<string, ActorProfile>, given: ScenarioGiven, ids: IdPort) {
    this.#rules = rules;
    this.#profiles = profiles;
    const { incident_active = false, freeze_active = false, on_call = false } = given.context;
    this.#context = { incidentActive: incident_active, freezeActive: freeze_active, onCall: on_call };
    this.#ids = ids;
  }

  decide(signal: MmmSignalInput, decidedAtMs: number): Plan {
    const isOurs = signal.tenant_id === this.#rules.policy.tenantId;
    const key = { tenantId: signal.tenant_id, actorId: signal.actor_id ?? '' };
    const { state, version } = this.#of(key);
    const made = plan({
      signal,
      state,
      rules: isOurs ? this.#rules : null,
      context: this.#context,
      decidedAtMs,
      ids: this.#ids,
      originals: this.#originals,
    });
    const decisionId = decisionIdOf(this.#ids, signal.signal_id);
    const facts = { signal, plan: made, version: version + 1, decidedAtMs, decisionId, chainBefore: state.chain };
    this.#keep(key, journalEntryOf(this.#ids, facts));
    for (const { waiting, signal: original } of made.upkeep?.deferred ?? [])
      this.#originals.set(waiting.actionId, original);
    this.#said = [...this.#said, ...made.actions.map((action) => ({ key, decisionId, action }))];
    this.#tellOthers(signal, key, decidedAtMs);
    return made;
  }

  /** What was said last of this kind got this answer. False: nothing of the kind was said. */
  report({ playbook, action, result, reason, actor }: OutcomeSnippet, outcomeId: string, atMs: number): boolean {
    const said = this.#said.findLast(
      (one) =>
        one.action.playbookId === playbook &&
        one.action.type === action &&
        (actor === undefined || one.key.actorId === actor),
    );
    if (said === undefined) return false;
    const { state, version } = this.#of(said.key);
    const { actionId, playbookId, type, about } = said.action;
    const report = {
      ...said.key,
      outcomeId,
      decisionId: said.decisionId,
      actionId,
      result,
      reason: reason ?? null,
      occurredAtMs: atMs,
    };
    const advice = { playbookId, actionType: type, subject: subjectKeyOfSignal(about) };
    const facts = { report, advice, version: version + 1, recordedAtMs: atMs, chainBefore: state.chain };
    this.#keep(said.key, outcomeEntryOf(this.#ids, facts));
    return true;
  }

  /** Everybody's, each at its own time, as the scheduler hands them out. */
  releaseUntil(untilMs: number): readonly Plan[] {
    const made: Plan[] = [];
    for (;;) {
      const [next] = [...this.#held.values()]
        .flatMap(({ key, state }) => state.waiting.map((waiting) => ({ key, waiting })))
        .sort((a, b) => a.waiting.dueMs - b.waiting.dueMs);
      const signal = next === undefined ? undefined : this.#originals.get(next.waiting.actionId);
      if (next === undefined || signal === undefined || next.waiting.dueMs > untilMs) return made;
      const { actionId, decisionId, attempt, dueMs } = next.waiting;
      const deferral = { ...next.key, decisionId, actionId, attempt, dueAtMs: dueMs, signal };
      made.push(this.decide(reentrySignal(this.#ids, deferral), dueMs));
    }
  }

  #tellOthers(signal: MmmSignalInput, { tenantId, actorId }: ActorKey, atMs: number): void {
    const ending = endingOf(signal);
    if (ending === null) return;
    for (const { key, state } of [...this.#held.values()]) {
      if (key.tenantId !== tenantId || key.actorId === actorId) continue;
      if (state.cards.length === 0 && state.waiting.length === 0) continue;
      this.decide(subjectResolvedSignal(this.#ids, ending, { ...key, actorType: 'human' }), atMs);
    }
  }

  #of(key: ActorKey): Held {
    const profile = key.tenantId === this.#rules.policy.tenantId ? (this.#profiles.get(key.actorId) ?? null) : null;
    return this.#held.get(actorKeyText(key)) ?? { key, state: emptyState(profile), version: 0 };
  }

  #keep(key: ActorKey, entry: JournalEntry): void {
    const { state, version } = this.#of(key);
    this.#held.set(actorKeyText(key), { key, state: evolve(state, entry), version: version + 1 });
  }
}
