import type { CandidateFacts } from '../candidate-facts.ts';
import { silenceOf } from '../dismissals.ts';
import type { Verdict } from '../planned.ts';
import { flipAt, veto } from './gate.ts';

/** A dismissal is no reason to wait and say it then: deferral.ts never waits for it. */
export const DISMISSED_BEFORE = 'dismissed_before';

/**
 * Has this person said no to the same advice (playbook and action type) lately? About the same subject the no holds longer than about anything else;
 * the tenant's policy says how long. Part of the preference gate: a no is the plainest preference there is.
 */
export const dismissedBefore = ({ decision, playbook, compiled }: CandidateFacts): Verdict | null => {
  const { state, subject, policy, decidedAtMs } = decision;
  const advice = { playbookId: playbook.id, actionType: compiled.action.type, subject };
  const silence = silenceOf(state.dismissals, advice, policy.dismissalMemory, decidedAtMs);
  if (silence === null) return null;
  const { scope, dismissedMs, untilMs } = silence;
  const facts = { scope, dismissed_ms: dismissedMs, memory_ms: untilMs - dismissedMs, until_ms: untilMs };
  return veto('preference', DISMISSED_BEFORE, facts, flipAt(untilMs));
};
