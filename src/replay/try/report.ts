import type { HistorySummary } from './history.ts';
import type { TryWalk } from './run-try.ts';
import { NOT_ABOUT, type ShownNudge, type TryTally, type TryTotals } from './tally.ts';

export interface PersonReport {
  readonly who: string;
  readonly commits: number;
  readonly shown: readonly ShownNudge[];
  readonly heldBack: Readonly<Record<string, number>>;
}

/** Everything `try` has to say, for people and for programs. Times are ISO texts in JSON, ms here. */
export interface TryReport {
  readonly repository: HistorySummary;
  readonly walk: { readonly commits: number; readonly merges: number; readonly signals: number; readonly people: number; readonly firstAtMs: number | null; readonly lastAtMs: number | null };
  readonly sinceMs: number;
  readonly seconds: number;
  readonly people: readonly PersonReport[];
  readonly shown: number;
  readonly totals: TryTotals & { readonly refused: number; readonly notAbout: number; readonly heldBack: number; readonly sent: number; readonly addsUp: boolean };
  /** Nudges per 100 commits of the people with at least ten commits. */
  readonly perHundredCommits: { readonly people: number; readonly median: number; readonly p90: number; readonly max: number };
}

/** People with fewer commits say nothing about a rate. */
const ACTIVE_COMMITS = 10;

export const buildReport = (facts: {
  readonly summary: HistorySummary;
  readonly walk: TryWalk;
  readonly tally: TryTally;
  readonly sinceMs: number;
  readonly names: boolean;
  readonly refused: number;
  readonly seconds: number;
}): TryReport => {
  const { walk, tally } = facts;
  const people = [...walk.people.values()].map((person) => {
    const told = tally.people.get(person.actorId);
    return {
      who: facts.names ? person.name : person.actorId,
      commits: person.commits,
      shown: told?.shown ?? [],
      heldBack: Object.fromEntries([...(told?.heldBack ?? new Map<string, number>())].sort((a, b) => b[1] - a[1])),
    };
  });
  people.sort((a, b) => b.shown.length - a.shown.length || b.commits - a.commits || (a.who < b.who ? -1 : 1));
  const rates = people
    .filter((person) => person.commits >= ACTIVE_COMMITS)
    .map((person) => (100 * person.shown.length) / person.commits)
    .sort((a, b) => a - b);
  return {
    repository: facts.summary,
    walk: { commits: walk.commits, merges: walk.merges, signals: walk.signals, people: people.length, firstAtMs: walk.firstAtMs, lastAtMs: walk.lastAtMs },
    sinceMs: facts.sinceMs,
    seconds: facts.seconds,
    people,
    shown: people.reduce((total, person) => total + person.shown.length, 0),
    totals: addUp(tally.totals(), walk.signals, facts.refused),
    perHundredCommits: { people: rates.length, median: quantile(rates, 0.5), p90: quantile(rates, 0.9), max: rates.at(-1) ?? 0 },
  };
};

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);

/** G1 and G5 over the run: every signal has one result, every candidate one reason. */
const addUp = (totals: TryTotals, signals: number, refused: number): TryReport['totals'] => {
  const sent = totals.reasons['sent'] ?? 0;
  const notAbout = Object.entries(totals.reasons).reduce((total, [reason, count]) => total + (NOT_ABOUT.has(reason) ? count : 0), 0);
  return {
    ...totals,
    refused,
    sent,
    notAbout,
    heldBack: totals.candidates - sent - notAbout,
    addsUp: sum(totals.results) + refused === signals && sum(totals.reasons) === totals.candidates,
  };
};

const quantile = (sorted: readonly number[], q: number): number =>
  sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
