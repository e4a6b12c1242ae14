import { MINUTE_MS } from './time/zones.ts';

/**
 * Moments between two tasks, by the event that marks them: something was finished, and nothing else begun. A nudge costs least there. Of the actor's own
 * events only.
 */
export const BREAKPOINTS: ReadonlySet<string> = new Set([
  'commit_created',
  'commit_pushed',
  'pr_opened',
  'pr_created',
  'pr_merged',
  'build_succeeded',
  'build_failed',
  'focus_session_ended',
]);

/** The next task has begun by then. Long enough for a signal that took a while and for the second until the scheduler looks. */
export const BREAKPOINT_HOLDS_MS = 10 * MINUTE_MS;

/** When this event marked a breakpoint; null: it marks none. */
export const breakpointOf = (eventType: string, atMs: number): number | null =>
  BREAKPOINTS.has(eventType) ? atMs : null;

export const isAtBreakpoint = (breakpointMs: number | null, nowMs: number): boolean =>
  breakpointMs !== null && Math.abs(nowMs - breakpointMs) < BREAKPOINT_HOLDS_MS;
