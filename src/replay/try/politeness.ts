const DAY_MS = 86_400_000;

/** People with fewer commits were hardly there: a median over them would only say that most people make one commit. */
export const ACTIVE_COMMITS = 10;

/** The rule is "in 100 commits": any 100 in a row of one person, so that a quiet year does not make up for a loud week. */
const COMMITS_IN_A_ROW = 100;

/** Nobody hears twice about one thing within this time, whichever playbooks speak. */
export const SUBJECT_REST_DAYS = 7;

export interface Heard {
  readonly commits: number;
  /** Every nudge of this person, oldest first. */
  readonly sent: readonly HeardNudge[];
}

export interface HeardNudge {
  readonly atMs: number;
  readonly about: string;
  readonly playbookId: string;
  /** At which of this person's commits, 1 for the first. */
  readonly atCommit: number;
}

export interface Repeat {
  readonly about: string;
  readonly playbookIds: readonly [string, string];
  readonly days: number;
}

/** What the receivers of a set of playbooks would feel. */
export interface Politeness {
  /** People with at least `ACTIVE_COMMITS` commits. */
  readonly activePeople: number;
  /** Over the active people: the most nudges that one had in any 100 commits in a row. */
  readonly median: number;
  readonly p90: number;
  readonly max: number;
  /** Two nudges about one subject in `SUBJECT_REST_DAYS`, over everybody: should be none. */
  readonly repeats: readonly Repeat[];
}

/** How much the active hear, and every repeat: the check that the starter set is held to. */
export const politenessOf = (people: readonly Heard[]): Politeness => {
  const mosts = people
    .filter(({ commits }) => commits >= ACTIVE_COMMITS)
    .map(({ sent }) => mostInARow(sent))
    .sort((a, b) => a - b);
  return {
    activePeople: mosts.length,
    median: quantile(mosts, 0.5),
    p90: quantile(mosts, 0.9),
    max: mosts.at(-1) ?? 0,
    repeats: people.flatMap(repeatsOf),
  };
};

const mostInARow = (sent: readonly HeardNudge[]): number => {
  let first = 0;
  let most = 0;
  sent.forEach((nudge, index) => {
    while (nudge.atCommit - sent[first]!.atCommit >= COMMITS_IN_A_ROW) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
};

const repeatsOf = ({ sent }: Heard): Repeat[] => {
  const last = new Map<string, HeardNudge>();
  return sent.flatMap((nudge) => {
    const before = last.get(nudge.about);
    last.set(nudge.about, nudge);
    if (before === undefined || nudge.atMs - before.atMs >= SUBJECT_REST_DAYS * DAY_MS) return [];
    const days = (nudge.atMs - before.atMs) / DAY_MS;
    return [{ about: nudge.about, playbookIds: [before.playbookId, nudge.playbookId] as const, days }];
  });
};

/** Nearest rank from above: of two values the median is the higher one, so that a rate is never made to look better. */
const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
