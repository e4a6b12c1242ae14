import type { ActorProfile } from '../../domain/actor-state.ts';
import type { TenantRules } from '../../domain/rules.ts';
import { quietUntil } from '../../domain/time/quiet-hours.ts';
import { firstZone } from '../../domain/time/zones.ts';
import type { Nudge } from '../items/replay-item.ts';
import type { RecordedOutcome } from '../recorded-history.ts';

/** What holds for a nudge at the moment of sending. */
export interface NudgeMoment {
  /** Null: the tenant is gone or its policy can not be read, so nothing is permitted (G6). */
  readonly rules: TenantRules | null;
  readonly profile: ActorProfile | null;
  readonly outcomes: readonly RecordedOutcome[];
  readonly nowMs: number;
}

const isAnswer = (nudge: Nudge, { decisionId, playbookId, actionType, result }: RecordedOutcome): boolean =>
  decisionId === nudge.decisionId &&
  playbookId === nudge.playbookId &&
  actionType === nudge.actionType &&
  (result === 'dismissed' || result === 'accepted');

/**
 * Why a stored card must not be shown once more, null if it may. No second decision: caps were charged when it was decided, and its text is what it was.
 * But what its reader, or the tenant, has said since then holds (G4): a card that was right yesterday may be wrong today.
 */
export const nudgeVeto = (nudge: Nudge, { rules, profile, outcomes, nowMs }: NudgeMoment): string | null => {
  const { playbookId, actionType, surface, expiresAtMs, notify } = nudge;
  if (!(expiresAtMs > nowMs)) return 'expired';
  if (rules === null) return 'tenant_unknown';
  const said = rules.playbooks.get(playbookId);
  // A version that only runs in the shadow says nothing, now as little as in DECIDE.
  if (said === undefined) return 'playbook_deprecated';
  if (said.shadow === 'probation') return 'playbook_on_probation';
  if (outcomes.some((outcome) => isAnswer(nudge, outcome))) return 'answered';
  const { policy } = rules;
  if (profile === null && policy.unknownActors === 'deny') return 'unknown_actor';
  if (policy.enabledActionTypes?.includes(actionType) === false) return 'action_type_disabled';
  if (policy.enabledSurfaces?.includes(surface) === false) return 'surface_disabled';
  const preferences = profile?.preferences;
  if (preferences?.optOutCategories.some((name) => name === actionType || name === playbookId) === true)
    return 'opted_out';
  if ((preferences?.snoozeUntilMs ?? -Infinity) > nowMs) return 'snoozed';
  const preferred = preferences?.preferredSurfaces ?? null;
  if (preferred !== null && !preferred.includes(surface)) return 'surface_not_preferred';
  const zone = firstZone(profile?.timeZone ?? null, policy.timeZone);
  return notify && quietUntil(policy.quietHours, zone, nowMs) !== null ? 'quiet_hours' : null;
};
