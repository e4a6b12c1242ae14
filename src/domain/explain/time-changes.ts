import type { PlanInput, Verdict } from '../decision/planned.ts';
import { isDeferralDue } from '../decision/release.ts';
import { isSaid, outcomeOf, type Target } from './outcome.ts';
import type { TimeChange } from './change.ts';

/** Each step passes one more night, cap or cool-down; what needs more moments than a week of nights has is not waited for. */
const STEPS_MAX = 16;

/** The latest moment that any of the vetoes names; null if none names one that is still to come. */
const nextMoment = (verdicts: readonly Verdict[], afterMs: number): number | null => {
  const named = verdicts.flatMap((verdict) => (verdict.pass ? [] : [verdict.flip?.atMs ?? null]));
  const coming = named.filter((ms): ms is number => ms !== null && Number.isFinite(ms) && ms > afterMs);
  return coming.length === 0 ? null : Math.max(...coming);
};

/** The event moved along with the decision: the same thing, so much later. */
const movedEvent = (input: PlanInput, atMs: number): PlanInput => {
  const occurredMs = Date.parse(input.signal.occurred_at) + atMs - input.decidedAtMs;
  return Number.isFinite(occurredMs)
    ? { ...input, decidedAtMs: atMs, signal: { ...input.signal, occurred_at: new Date(occurredMs).toISOString() } }
    : { ...input, decidedAtMs: atMs };
};

/**
 * The moments worth trying: each veto names the earliest at which it lifts, so nothing before the latest of them can help; what stands in the way at
 * that moment (the night that begins at midnight, where the day's cap ends) names the next.
 */
const momentsOf = (input: PlanInput, target: Target, moves: TimeChange['moves']): number[] => {
  const found: number[] = [];
  let at = input;
  while (found.length < STEPS_MAX) {
    const outcome = outcomeOf(at, target);
    if (outcome === null || isSaid(outcome.disposition)) break;
    const next = nextMoment(outcome.verdicts, at.decidedAtMs);
    if (next === null) break;
    found.push(next);
    at = moves === 'decision' ? { ...input, decidedAtMs: next } : movedEvent(input, next);
  }
  return found;
};

/** Too late to act on: the last moment at which it would not have been. */
const beforeLate = ({ signal, rules, decidedAtMs }: PlanInput): number[] => {
  if (isDeferralDue(signal)) return [];
  const lastMs = Date.parse(signal.occurred_at) + (rules?.policy.maxLatenessMs ?? Number.NaN);
  return lastMs < decidedAtMs ? [lastMs] : [];
};

export const timeChanges = (input: PlanInput, target: Target): TimeChange[] => {
  const change = (moves: TimeChange['moves'], atMs: number): TimeChange => ({ kind: 'time', moves, atMs });
  return [
    ...beforeLate(input).map((atMs) => change('decision', atMs)),
    ...momentsOf(input, target, 'decision').map((atMs) => change('decision', atMs)),
    // What is looked at again happened when it did.
    ...(isDeferralDue(input.signal) ? [] : momentsOf(input, target, 'event')).map((atMs) => change('event', atMs)),
  ];
};
