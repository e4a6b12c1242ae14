import { type Dismissal, DISMISSAL_WINDOW_MS, DISMISSALS_MAX } from '../actor-state.ts';
import { NOT_USEFUL, type OutcomeReport } from '../outcome.ts';
import type { ActionType } from '../vocabulary.ts';

/** The advice that an outcome speaks of. */
export interface Advice {
  readonly playbookId: string;
  readonly actionType: ActionType;
  readonly subject: string | null;
}

/** The no that an outcome says to its advice, or null: `dismissed` with any reason, and `not_useful` as the reason of any result. */
export const dismissalOf = (
  { result, reason }: Pick<OutcomeReport, 'result' | 'reason'>,
  { playbookId, actionType, subject }: Advice,
  recordedAtMs: number,
): Dismissal | null =>
  result === 'dismissed' || reason === NOT_USEFUL ? { atMs: recordedAtMs, playbookId, actionType, subject } : null;

const keyOf = ({ playbookId, actionType, subject }: Dismissal): string =>
  JSON.stringify([playbookId, actionType, subject]);

/**
 * The newest no to each advice and subject, of 30 days. Counted back from the one before, or from this one if the clock went back: one of a clock that
 * was days ahead would else push out every true one.
 */
export const withDismissal = (dismissals: readonly Dismissal[], more: Dismissal | null): readonly Dismissal[] => {
  if (more === null) return dismissals;
  const from = Math.min(dismissals.at(-1)?.atMs ?? Infinity, more.atMs);
  const key = keyOf(more);
  const same = dismissals.find((one) => keyOf(one) === key);
  const newest = same !== undefined && same.atMs > more.atMs ? same : more;
  return [...dismissals.filter((one) => one !== same && one.atMs > from - DISMISSAL_WINDOW_MS), newest]
    .sort((a, b) => a.atMs - b.atMs)
    .slice(-DISMISSALS_MAX);
};

/** Until when a no keeps an advice away, and which one. */
export interface Silence {
  readonly scope: 'subject' | 'anywhere';
  readonly dismissedMs: number;
  readonly untilMs: number;
}

/** The longest silence that the dismissals ask for this advice, null if none is still running. */
export const silenceOf = (
  dismissals: readonly Dismissal[],
  advice: Advice,
  memory: { readonly subjectMs: number; readonly anywhereMs: number },
  nowMs: number,
): Silence | null => {
  let longest: Silence | null = null;
  for (const one of dismissals) {
    if (one.playbookId !== advice.playbookId || one.actionType !== advice.actionType) continue;
    const aboutIt = one.subject === advice.subject && memory.subjectMs > memory.anywhereMs;
    const untilMs = one.atMs + (aboutIt ? memory.subjectMs : memory.anywhereMs);
    if (untilMs > nowMs && untilMs > (longest?.untilMs ?? -Infinity)) {
      longest = { scope: aboutIt ? 'subject' : 'anywhere', dismissedMs: one.atMs, untilMs };
    }
  }
  return longest;
};
