import type { HistorySummary } from './history.ts';
import { type Politeness, politenessOf } from './politeness.ts';
import type { TryWalk } from './run-try.ts';
import type { ShownNudge } from './shown-nudge.ts';
import type { HeldBack, PersonTally, PlaybookTally, TryTally } from './tally.ts';

export interface PersonReport {
  /** Pseudonym, or the name if names were asked for. */
  readonly who: string;
  readonly commits: number;
  /** All that were sent; `shown` holds those from `since` on, oldest first. */
  readonly sent: number;
  readonly shown: readonly ShownNudge[];
  readonly heldBack: readonly Readonly<HeldBack>[];
}

/** Counted over the whole history, whatever is shown of it. */
export interface TryTotals {
  readonly signals: number;
  /** By result of the journal. */
  readonly results: Readonly<Record<string, number>>;
  /** Records that intake refused, by error code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly candidates: number;
  readonly sent: number;
  readonly heldBack: number;
  /** The condition was not met: nothing to say. */
  readonly notMet: number;
  /** Silent changes of a card that was there. */
  readonly revised: number;
  /** G1 and G5 over the run: every signal has one result, every candidate one end, and the parts of every table make its total. */
  readonly addUp: boolean;
}

/** Everything `try` has to say. */
export interface TryReport {
  readonly repository: HistorySummary;
  readonly walk: Omit<TryWalk, 'people'> & { readonly people: number };
  readonly sinceMs: number | null;
  readonly seconds: number;
  /** By nudges shown, then sent, then commits. */
  readonly people: readonly PersonReport[];
  readonly shown: number;
  readonly totals: TryTotals;
  readonly playbooks: readonly Readonly<PlaybookTally>[];
  readonly heldBack: readonly Readonly<HeldBack>[];
  readonly politeness: Politeness;
}

export interface ReportFacts {
  readonly summary: HistorySummary;
  readonly walk: TryWalk;
  readonly tally: TryTally;
  readonly sinceMs: number | null;
  readonly names: boolean;
  readonly refused: ReadonlyMap<string, number>;
  readonly seconds: number;
}

export const buildReport = (facts: ReportFacts): TryReport => {
  const { walk, tally } = facts;
  const { people: authors, ...walked } = walk;
  const told = [...authors.values()].map((person) => ({ person, heard: tally.people.get(person.actorId) }));
  const people = told.map(({ person, heard }) => ({
    who: facts.names ? person.name : person.actorId,
    commits: person.commits,
    sent: heard?.sent ?? 0,
    shown: heard?.shown ?? [],
    heldBack: mostFirst(heard?.heldBack),
  }));
  people.sort(
    (a, b) => b.shown.length - a.shown.length || b.sent - a.sent || b.commits - a.commits || (a.who < b.who ? -1 : 1),
  );
  const playbooks = [...tally.playbooks.values()].sort((a, b) => (a.playbookId < b.playbookId ? -1 : 1));
  return {
    repository: facts.summary,
    walk: { ...walked, people: authors.size },
    sinceMs: facts.sinceMs,
    seconds: facts.seconds,
    people,
    shown: total(people, (person) => person.shown.length),
    totals: totalsOf(facts, people, playbooks),
    playbooks,
    heldBack: mostFirst(tally.heldBack),
    politeness: politenessOf(told.map(({ person, heard }) => ({ commits: person.commits, sent: heard?.heard ?? [] }))),
  };
};

const mostFirst = (held: PersonTally['heldBack'] | undefined): HeldBack[] =>
  [...(held?.values() ?? [])].sort((a, b) => b.count - a.count || (a.gate + a.reason < b.gate + b.reason ? -1 : 1));

const total = <T>(items: Iterable<T>, of: (item: T) => number): number => {
  let sum = 0;
  for (const item of items) sum += of(item);
  return sum;
};

const totalsOf = (
  { walk, tally, refused }: ReportFacts,
  people: readonly PersonReport[],
  playbooks: readonly PlaybookTally[],
): TryTotals => {
  const one = (count: number): number => count;
  const sums = {
    candidates: total(playbooks, (playbook) => playbook.candidates),
    sent: total(playbooks, (playbook) => playbook.sent),
    heldBack: total(playbooks, (playbook) => playbook.heldBack),
    notMet: total(playbooks, (playbook) => playbook.notMet),
    revised: total(playbooks, (playbook) => playbook.revised),
  };
  const addUp =
    total(tally.results.values(), one) + total(refused.values(), one) === walk.signals &&
    sums.sent + sums.heldBack + sums.notMet + sums.revised === sums.candidates &&
    // The run goes on until what was put off has been decided again.
    playbooks.every((playbook) => playbook.waiting === 0) &&
    total(tally.heldBack.values(), (held) => held.count) === sums.heldBack &&
    total(people, (person) => total(person.heldBack, (held) => held.count)) === sums.heldBack &&
    total(people, (person) => person.sent) === sums.sent &&
    total(people, (person) => person.commits) === walk.commits;
  return {
    signals: walk.signals,
    results: Object.fromEntries([...tally.results].sort()),
    refused: Object.fromEntries([...refused].sort()),
    ...sums,
    addUp,
  };
};
