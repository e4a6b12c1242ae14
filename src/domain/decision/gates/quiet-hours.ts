import { breakpointVeto } from './breakpoint.ts';
import { flipAt, type Gate, pass, veto } from './gate.ts';

/**
 * Is it the person's quiet time? Local to the person, decided before anything is charged (D-62). The next revision of a card that is there makes no
 * sound: holding it back would only leave the person an old number to wake up to.
 */
export const quietHours: Gate = (candidate) => {
  const { decision, card } = candidate;
  if (card !== null) return pass('quiet_hours');
  const until = decision.quietUntilMs();
  if (until === null) return breakpointVeto(candidate) ?? pass('quiet_hours');
  return Number.isFinite(until)
    ? veto('quiet_hours', 'quiet_hours', { until_ms: until }, flipAt(until))
    : veto('quiet_hours', 'quiet_hours', { until_ms: null });
};
