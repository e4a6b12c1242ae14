import type { ActorKey } from '../../domain/ids.ts';
import type { ActorProfile } from '../../domain/actor-state.ts';
import { BranchGraph } from './branch-graph.ts';
import { signalsOfCommit, TRY_TENANT } from './commit-signals.ts';
import type { Commit, HistorySource } from './history.ts';

/** The engine as `try` drives it: the real stages, with event time in place of the clock. */
export interface TryEngine {
  /** Moves the clock. Never back. */
  setNow(ms: number): void;
  setProfile(key: ActorKey, profile: ActorProfile): void;
  /** Puts records into the intake topic and resolves once each is decided and published. */
  feed(envelopes: readonly object[]): Promise<void>;
}

export interface TryPerson {
  readonly actorId: string;
  readonly name: string;
  commits: number;
  signals: number;
}

export interface TryWalk {
  readonly people: ReadonlyMap<string, TryPerson>;
  readonly commits: number;
  readonly merges: number;
  readonly signals: number;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
}

/** Commits between two calls of `onProgress`. */
const PROGRESS_EVERY = 500;

/**
 * Walks a history once, oldest first, and feeds each commit's signals in event time. Committer dates are made never decreasing, so that a clock
 * that was wrong on one machine can not turn the order round. Computes no fact that a real publisher could not send.
 */
export const walkHistory = async (
  history: HistorySource,
  engine: TryEngine,
  pseudonymOf: (email: string) => string,
  onProgress: (commits: number) => void,
): Promise<TryWalk> => {
  const graph = new BranchGraph();
  const people = new Map<string, TryPerson>();
  const zones = new Map<string, string>();
  const totals = { commits: 0, merges: 0, signals: 0, firstAtMs: null as number | null, lastAtMs: null as number | null };

  for await (const commit of history.commits()) {
    const atMs = Math.max(commit.committedAtMs, totals.lastAtMs ?? 0);
    graph.add(commit.id, commit.parents, atMs);
    const person = personOf(people, pseudonymOf(commit.authorEmail.toLowerCase()), commit);
    engine.setNow(atMs);
    if (zones.get(person.actorId) !== commit.zone) {
      zones.set(person.actorId, commit.zone);
      engine.setProfile({ tenantId: TRY_TENANT, actorId: person.actorId }, profileIn(commit.zone));
    }
    const envelopes = signalsOfCommit({ commit, actorId: person.actorId, repository: history.summary.name, atMs, graph });
    await engine.feed(envelopes);

    person.commits += 1;
    person.signals += envelopes.length;
    totals.commits += 1;
    totals.merges += commit.parents.length > 1 ? 1 : 0;
    totals.signals += envelopes.length;
    totals.firstAtMs ??= atMs;
    totals.lastAtMs = atMs;
    if (totals.commits % PROGRESS_EVERY === 0) onProgress(totals.commits);
  }
  return { people, ...totals };
};

const profileIn = (zone: string): ActorProfile => ({
  roles: ['developer'],
  timeZone: zone,
  preferences: { optOutCategories: [], preferredSurfaces: null, snoozeUntilMs: null },
});

const personOf = (people: Map<string, TryPerson>, actorId: string, commit: Commit): TryPerson => {
  const known = people.get(actorId);
  if (known !== undefined) return known;
  const made: TryPerson = { actorId, name: commit.authorName, commits: 0, signals: 0 };
  people.set(actorId, made);
  return made;
};
