import { flipAt, type Gate, pass, veto } from './gate.ts';

/** Is it the person's quiet time? Local to the person, decided before anything is charged (D-62). */
export const quietHours: Gate = ({ decision }) => {
  const until = decision.quietUntilMs();
  if (until === null) return pass('quiet_hours');
  return Number.isFinite(until)
    ? veto('quiet_hours', 'quiet_hours', { until_ms: until }, flipAt(until))
    : veto('quiet_hours', 'quiet_hours', { until_ms: null });
};
