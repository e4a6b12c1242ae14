import type { MmmSignalInput } from '../../generated/records.ts';
import type { CoreResult } from '../action/core-content.ts';
import { countedWhy } from '../action/reason.ts';
import { renderCore } from '../action/render.ts';
import { SENT_WINDOW_MS, type ActorState } from '../actor-state.ts';
import { breakpointOf } from '../breakpoint.ts';
import { type Card, livePlaces } from '../card.ts';
import { freezeUntil } from '../freeze.ts';
import { actionIdOf } from '../ids.ts';
import type { InhibitionRule } from '../inhibition.ts';
import type { ConditionResult, Recent, RuleEnvironment } from '../playbook/condition.ts';
import type { CompiledAction, CompiledPlaybook, Playbook, Trigger } from '../playbook/model.ts';
import { placeOf, recentOf } from '../playbook/recent.ts';
import { triggerMatches } from '../playbook/trigger-match.ts';
import type { TenantPolicy, TenantRules } from '../rules.ts';
import { quietUntil } from '../time/quiet-hours.ts';
import { firstZone, HOUR_MS, startOfDay, startOfNextDay } from '../time/zones.ts';
import { lazy } from './lazy.ts';
import type { ContextFacts, PlanInput } from './planned.ts';
import type { HeldBack } from './rollout.ts';
import { type SentTally, type TallyFrame, tallyOf } from './sent-tally.ts';
import { chooseSurfaces, type SurfaceChoice } from './surfaces.ts';

/** What all candidates of one decision share. */
export interface DecisionFacts {
  readonly signal: MmmSignalInput;
  readonly state: ActorState;
  readonly policy: TenantPolicy;
  readonly context: ContextFacts;
  /** When the policy's freeze of this repository ends; null: none holds, or another source says so too and names no end. */
  readonly freezeUntilMs: number | null;
  /** The tenant's own, in the policy's order, each evaluated at most once for all candidates. */
  readonly inhibitions: readonly { readonly rule: InhibitionRule; readonly holds: () => ConditionResult }[];
  readonly decidedAtMs: number;
  /** Event time of the signal; NaN: it can not be read. */
  readonly occurredMs: number;
  /** From the profile, never from the signal (D-13). */
  readonly roles: readonly string[];
  readonly subject: string | null;
  readonly environment: RuleEnvironment;
  /** What of this event type was seen lately, in words. */
  readonly counted: () => string;
  /** Null: not quiet now. Infinity: never ends. */
  readonly quietUntilMs: () => number | null;
  readonly frame: () => TallyFrame;
  readonly dayEndMs: () => number;
  /** What earlier decisions sent. */
  readonly earlier: () => SentTally;
  /** The actor's cards about this subject. */
  readonly cards: () => readonly Card[];
}

/** One action of one matching playbook, with what its gates ask for. */
export interface CandidateFacts {
  readonly decision: DecisionFacts;
  readonly playbook: Playbook;
  /** Those of the playbook's triggers that the event itself fits. */
  readonly triggers: readonly Trigger[];
  readonly compiled: CompiledAction;
  readonly index: number;
  readonly actionId: string;
  readonly condition: () => ConditionResult;
  readonly surfaces: SurfaceChoice;
  readonly core: () => CoreResult;
  /** The card it would be the next revision of, on `surfaces`; null: it would open one. */
  readonly card: Card | null;
  /** Why this version is not live for this person; null: it is. */
  readonly held: HeldBack | null;
  /** When the person was last seen between two tasks; null: this event is none, and none has released it. */
  readonly breakpointMs: number | null;
}

/**
 * Who is on call is a role like any other: whoever keeps the roster gives and takes it, with the roles of the profile. So a signal can not claim it
 * (D-13), a change of it is a new version of the actor, and a decision can be run again.
 */
export const ON_CALL_ROLE = 'on_call';

/** `asOfMs`: when a deferred signal is decided again, else null (see `recentOf`). `occurredMs`: the signal's event time, if it is known already. */
export const decisionFacts = (
  input: PlanInput,
  rules: TenantRules,
  asOfMs: number | null = null,
  occurredMs: number = Date.parse(input.signal.occurred_at),
): DecisionFacts => {
  const { signal, state, decidedAtMs } = input;
  const { policy } = rules;
  const roles = state.profile?.roles ?? [];
  const freezeUntilMs = freezeUntil(policy.freezes, signal.repo_id, decidedAtMs);
  const freezeActive = input.context.freezeActive || freezeUntilMs !== null;
  const onCall = input.context.onCall || roles.includes(ON_CALL_ROLE);
  const isAsGiven = freezeActive === input.context.freezeActive && onCall === input.context.onCall;
  const context = isAsGiven ? input.context : { ...input.context, freezeActive, onCall };
  const place = placeOf(signal, asOfMs ?? occurredMs);
  const { subject } = place;
  const zone = lazy(() => firstZone(state.profile?.timeZone ?? null, policy.timeZone));
  const environment = environmentOf(signal, context, roles, recentOf(state, signal, asOfMs, place));
  const frame = lazy(() => ({
    dayStartMs: startOfDay(zone(), decidedAtMs),
    hourStartMs: decidedAtMs - HOUR_MS,
    repo: signal.repo_id,
    subject,
  }));
  return {
    signal,
    state,
    policy,
    context,
    freezeUntilMs: input.context.freezeActive ? null : freezeUntilMs,
    inhibitions: rules.inhibitions.map(({ rule, condition }) => ({
      rule,
      holds: lazy(() => condition.evaluate(environment)),
    })),
    decidedAtMs,
    occurredMs,
    roles,
    subject,
    environment,
    counted: lazy(() => countedWhy(environment)),
    quietUntilMs: lazy(() => quietUntil(policy.quietHours, zone(), decidedAtMs)),
    frame,
    dayEndMs: lazy(() => startOfNextDay(zone(), decidedAtMs)),
    // A cached state may hold older ones than a fresh fold does: neither may see them, or the two would rank differently.
    earlier: lazy(() =>
      tallyOf(
        state.sent.filter((sent) => sent.atMs > decidedAtMs - SENT_WINDOW_MS),
        frame(),
      ),
    ),
    cards: lazy(() => state.cards.filter((card) => card.subject === subject)),
  };
};

const environmentOf = (
  signal: MmmSignalInput,
  context: ContextFacts,
  roles: readonly string[],
  recent: Recent,
): RuleEnvironment => ({
  signal,
  actor: { id: signal.actor_id ?? '', type: signal.actor_type, roles },
  context: {
    repo_id: signal.repo_id,
    branch: signal.branch,
    file_path: signal.file_path,
    incident_active: context.incidentActive,
    freeze_active: context.freezeActive,
    on_call: context.onCall,
    release_failed: context.releaseFailed ?? false,
  },
  recent,
});

/** The candidates of one matching playbook, in the order of its actions. Its condition is evaluated at most once for all of them. */
export const candidatesOf = (
  decision: DecisionFacts,
  matching: CompiledPlaybook,
  decisionId: string,
  ids: PlanInput['ids'],
  held: HeldBack | null,
): CandidateFacts[] => {
  const { playbook, condition } = matching;
  const triggers = playbook.triggers.filter((trigger) => triggerMatches(trigger, decision.signal));
  const result = lazy((): ConditionResult => condition?.evaluate(decision.environment) ?? { met: true });
  const breakpointMs = breakpointOf(decision.signal.event_type, decision.occurredMs);
  return matching.actions.map((compiled, index) => ({
    decision,
    playbook,
    triggers,
    compiled,
    index,
    actionId: actionIdOf(ids, decisionId, playbook.id, playbook.version, index),
    condition: result,
    ...surfacesAndCard(decision, playbook, compiled),
    core: lazy(() => renderCore(playbook, compiled, decision.environment, decision.counted)),
    held,
    breakpointMs,
  }));
};

/** A repeat goes where its card is and nowhere else: a surface more would be a notification that no cap has seen. */
const surfacesAndCard = (
  decision: DecisionFacts,
  playbook: Playbook,
  { action }: CompiledAction,
): Pick<CandidateFacts, 'surfaces' | 'card'> => {
  const surfaces = chooseSurfaces(action, decision);
  const card = decision.cards().find((one) => one.playbookId === playbook.id && one.actionType === action.type);
  if (card === undefined) return { surfaces, card: null };
  const live = livePlaces(card, decision.decidedAtMs);
  const there = surfaces.surfaces.filter((surface) => live.some((place) => place.surface === surface));
  return there.length === 0 ? { surfaces, card: null } : { surfaces: { ...surfaces, surfaces: there }, card };
};
