import type { Verdict } from '../planned.ts';
import { dismissedBefore } from './dismissed.ts';
import { flipAt, flipWhen, type Gate, pass, veto } from './gate.ts';

const untilOf = (verdict: Verdict | null): number =>
  verdict === null || verdict.pass ? -Infinity : (verdict.flip?.atMs ?? Infinity);

/**
 * Does the person want it? A category is an action type or a playbook id; an unknown word opts out of nothing and breaks nothing
 * (D-68). No preferences: everything the policy allows. They narrow and never widen (C-23, our reading of R-86). What was dismissed is held
 * against everybody, known or not. Of a snooze and a dismissal the one that ends later is told: its end is when the gate opens.
 */
export const preference: Gate = (candidate) => {
  const { decision, playbook, compiled, surfaces } = candidate;
  const dismissed = dismissedBefore(candidate);
  const preferences = decision.state.profile?.preferences;
  if (preferences === undefined) return dismissed ?? pass('preference');
  const category = preferences.optOutCategories.find((name) => name === compiled.action.type || name === playbook.id);
  if (category !== undefined)
    return veto('preference', 'opted_out', { category }, flipWhen(`no opt-out of ${category}`));
  const until = preferences.snoozeUntilMs;
  if (until !== null && until > decision.decidedAtMs && until >= untilOf(dismissed)) {
    return veto('preference', 'snoozed', { until_ms: until }, flipAt(until));
  }
  if (dismissed !== null) return dismissed;
  if (surfaces.emptiedBy === 'preference') {
    return veto('preference', 'surface_not_preferred', {
      surfaces: compiled.action.surfaces.join(' '),
      preferred: preferences.preferredSurfaces?.join(' ') ?? null,
    });
  }
  return pass('preference');
};
