import { BREAKPOINTS, isAtBreakpoint } from '../../breakpoint.ts';
import type { CandidateFacts } from '../candidate-facts.ts';
import type { Verdict } from '../planned.ts';
import { flipWhen, veto } from './gate.ts';

export const NOT_A_BREAKPOINT = 'not_a_breakpoint';

/**
 * Does the playbook wait for a moment between two tasks, and is this none? Part of the gate of quiet hours: both ask whether now is the moment. No moment
 * by the clock lifts it, an event of the person's own does.
 */
export const breakpointVeto = ({ decision, playbook, breakpointMs }: CandidateFacts): Verdict | null => {
  if (playbook.deferral.until !== 'breakpoint' || isAtBreakpoint(breakpointMs, decision.decidedAtMs)) return null;
  const facts = { waits_for: [...BREAKPOINTS].join(' '), last_ms: breakpointMs };
  return veto(
    'quiet_hours',
    NOT_A_BREAKPOINT,
    facts,
    flipWhen('the next commit, push, pull request or finished build'),
  );
};
