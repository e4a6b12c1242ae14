import type { RecentSignal, SignalEntry } from '../actor-state.ts';
import { breakpointOf, isAtBreakpoint } from '../breakpoint.ts';
import { type About, resolves } from '../resolution.ts';
import type { WaitingCandidate } from '../waiting.ts';

export const aboutOf = ({ type, subject, repo, branch }: RecentSignal): About => ({
  eventType: type,
  subject,
  repo,
  branch,
});

/**
 * The type of a later event that ended the candidate's subject. The fold marks it as events come in, because the recent signals of a busy agent
 * reach back less than a night; what is in them is looked at too, because an event may arrive before the signal that it ends.
 */
export const resolverOf = (one: WaitingCandidate, recent: readonly RecentSignal[]): string | null =>
  one.resolvedBy ?? recent.find((seen) => seen.atMs > one.occurredMs && resolves(aboutOf(seen), one))?.type ?? null;

/** Due at once, if it waits for a breakpoint and this is one. */
const atBreakpoint = (one: WaitingCandidate, { type, atMs }: RecentSignal, decidedAtMs: number): WaitingCandidate => {
  if (one.awaits !== 'breakpoint') return one;
  const breakpointMs = breakpointOf(type, atMs);
  if (breakpointMs === null || !isAtBreakpoint(breakpointMs, decidedAtMs)) return one;
  const { awaits: _come, ...rest } = one;
  return { ...rest, dueMs: Math.min(one.dueMs, decidedAtMs), breakpointMs };
};

/** Which of those that wait have met their breakpoint since. */
export const metBreakpoint = (
  before: readonly WaitingCandidate[],
  after: readonly WaitingCandidate[],
): readonly WaitingCandidate[] =>
  after.filter(
    (one) =>
      one.breakpointMs !== undefined &&
      !before.some((other) => other.actionId === one.actionId && other.breakpointMs !== undefined),
  );

/** Those that wait after one more entry of the journal. */
export const withWaiting = (
  waiting: readonly WaitingCandidate[],
  { recent, resolved, deferred, decidedAtMs }: Pick<SignalEntry, 'recent' | 'resolved' | 'deferred' | 'decidedAtMs'>,
): readonly WaitingCandidate[] => {
  if (waiting.length === 0 && deferred === undefined) return waiting;
  const left = waiting.filter(({ actionId }) => resolved?.includes(actionId) !== true);
  const seen =
    recent === null
      ? left
      : left.map((one) =>
          atBreakpoint(
            one.resolvedBy === null && recent.atMs >= one.occurredMs && resolves(aboutOf(recent), one)
              ? { ...one, resolvedBy: recent.type }
              : one,
            recent,
            decidedAtMs,
          ),
        );
  return deferred === undefined ? seen : [...seen, ...deferred];
};
