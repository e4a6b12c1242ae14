import type { ActorKey } from '../../domain/ids.ts';
import type { ActorProfile } from '../../domain/actor-state.ts';
import type { HistorySource } from './history.ts';
import { type CommitRecords, sinRecordsOf } from './sin-records.ts';

/** The one tenant of a `try`: it lives in memory and ends with the run. */
export const TRY_TENANT = 'try';

/** Longer than any playbook lets anything wait. */
const AFTERWARDS_MS = 31 * 86_400_000;

/** The engine as `try` drives it: the real stages, with event time in place of the clock. */
export interface TryEngine {
  /** Moves the clock. Never back. */
  setNow(ms: number): void;
  setProfile(key: ActorKey, profile: ActorProfile): void;
  /** Puts records into the intake topic and resolves once each is decided and published. */
  feed(envelopes: readonly object[]): Promise<void>;
  /** Runs the clock to each moment up to `untilMs` at which something that was put off is due, and has it decided again then. */
  release(untilMs: number): Promise<void>;
}

export interface TryPerson {
  readonly actorId: string;
  readonly name: string;
  commits: number;
}

export interface TryWalk {
  readonly people: ReadonlyMap<string, TryPerson>;
  readonly commits: number;
  readonly merges: number;
  readonly signals: number;
  /** Commits that a shallow clone cut off from what came before: not looked at. */
  readonly cutOff: number;
  /** By month of event time, `2026-03`, oldest first, months without a commit left out. */
  readonly commitsByMonth: ReadonlyMap<string, number>;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
}

/** Who follows the walk. */
export interface WalkObserver {
  /** Before the signals of a commit. */
  commitBy(actorId: string, zone: string): void;
  /** So many commits are done. */
  done(commits: number): void;
}

/** Walks a history once, oldest first, and feeds each commit's signals in event time. */
export const walkHistory = async (
  history: HistorySource,
  engine: TryEngine,
  pseudonymOf: (who: string) => string,
  observer: WalkObserver,
): Promise<TryWalk> => {
  const people = new Map<string, TryPerson>();
  const zones = new Map<string, string>();
  const commitsByMonth = new Map<string, number>();
  const totals = { commits: 0, merges: 0, signals: 0, cutOff: 0 };
  let firstAtMs: number | null = null;
  let lastAtMs: number | null = null;

  for await (const records of sinRecordsOf(history, { tenantId: TRY_TENANT, pseudonymOf })) {
    const { commit, actorId, atMs, envelopes } = records;
    await engine.release(atMs);
    engine.setNow(atMs);
    if (zones.get(actorId) !== commit.zone) {
      zones.set(actorId, commit.zone);
      engine.setProfile({ tenantId: TRY_TENANT, actorId }, profileIn(commit.zone));
    }
    observer.commitBy(actorId, commit.zone);
    if (envelopes.length > 0) await engine.feed(envelopes);

    personOf(people, records).commits += 1;
    const month = new Date(atMs).toISOString().slice(0, 7);
    commitsByMonth.set(month, (commitsByMonth.get(month) ?? 0) + 1);
    totals.commits += 1;
    totals.merges += commit.parents.length > 1 ? 1 : 0;
    totals.signals += envelopes.length;
    totals.cutOff += envelopes.length === 0 ? 1 : 0;
    firstAtMs ??= atMs;
    lastAtMs = atMs;
    observer.done(totals.commits);
  }
  // What the last commits have put off is still said, or ends: a history that stops takes no promise back.
  if (lastAtMs !== null) await engine.release(lastAtMs + AFTERWARDS_MS);
  return { people, commitsByMonth, firstAtMs, lastAtMs, ...totals };
};

/** The offset of the author date is the author's zone: quiet hours and days are theirs. */
const profileIn = (zone: string): ActorProfile => ({
  roles: ['developer'],
  timeZone: zone,
  preferences: { optOutCategories: [], preferredSurfaces: null, snoozeUntilMs: null },
});

const personOf = (people: Map<string, TryPerson>, { actorId, commit }: CommitRecords): TryPerson => {
  const known = people.get(actorId);
  if (known !== undefined) return known;
  const made: TryPerson = { actorId, name: commit.authorName, commits: 0 };
  people.set(actorId, made);
  return made;
};
