import { actorKeyText } from '../../src/domain/ids.ts';
import { MmmError } from '../../src/errors.ts';
import {
  type ActorCommit,
  type FoldedActor,
  type CommitAnswer,
  type CommitRequest,
  journalSignalKey,
  type OutboxRow,
} from '../../src/pipeline/ports/journal.ts';
import type { OutputRecord } from '../../src/pipeline/ports/records.ts';
import type { Cluster, Variant } from './cluster.ts';
import { journalWith } from './journal-with.ts';
import type { Postgres } from './postgres.ts';
import type { SimProcess } from './world.ts';

const QUERY_TIMEOUT_MS = 5_000;

/** A statement of its own to the database: everything in it is one moment. */
const query = <T>(
  cluster: Cluster,
  process: SimProcess,
  what: string,
  effect: (postgres: Postgres) => T | Promise<T>,
): Promise<T> =>
  cluster.wire.call({
    process,
    server: cluster.postgresServer,
    what,
    timeoutMs: QUERY_TIMEOUT_MS,
    effect: () => effect(cluster.postgres),
    unanswered: () => new MmmError('DATABASE_UNAVAILABLE'),
  });

const versionUnchecked: Variant = {
  name: 'actor-version-unchecked',
  breaks: 'a commit is applied wherever the actor stands',
  within: 15,
  ports: (ports, cluster, process) => ({
    ...ports,
    journal: journalWith(ports.journal, {
      commit: (request) =>
        query(cluster, process, `commit shard ${request.shard}, unchecked`, async (postgres) => {
          const folded = await postgres.raw.fold(request.actors.map((actor) => actor.key));
          const actors = request.actors.map((actor, index): ActorCommit => {
            const { version, head } = folded[index]!;
            const entries = actor.entries.map((entry, at) => ({ ...entry, version: version + at + 1 }));
            return { ...actor, version, head, entries };
          });
          const answer = await postgres.commit({ ...request, actors });
          return {
            ...answer,
            actors: answer.actors.map((one, index) => {
              const { version, entries } = request.actors[index]!;
              return one.status === 'conflict' ? one : { status: 'committed', version: version + entries.length };
            }),
          };
        }),
    }),
  }),
};

const signalNotUnique: Variant = {
  name: 'no-unique-signal-id',
  breaks: 'the journal takes a signal that it already holds',
  within: 120,
  ports: (ports, cluster, process) => ({
    ...ports,
    journal: journalWith(ports.journal, {
      commit: (request) =>
        query(cluster, process, `commit shard ${request.shard}, not unique`, async (postgres) => {
          const ids = request.actors.flatMap(({ key, entries }) =>
            entries.map(({ signalId }) => ({ tenantId: key.tenantId, signalId })),
          );
          const known = await postgres.raw.knownSignals(ids);
          const actors = request.actors.map((actor): ActorCommit => ({
            ...actor,
            entries: actor.entries.map((entry) =>
              known.has(journalSignalKey(actor.key.tenantId, entry.signalId))
                ? { ...entry, signalId: `${entry.signalId} again ${cluster.random.id()}` }
                : entry,
            ),
          }));
          return postgres.commit({ ...request, actors });
        }),
    }),
  }),
};

const foldInTwoStatements: Variant = {
  name: 'fold-in-two-statements',
  breaks: 'version and head are read by a statement of their own, after the entries',
  within: 40,
  ports: (ports) => ({
    ...ports,
    journal: journalWith(ports.journal, {
      fold: async (actors) => {
        const entries = await ports.journal.fold(actors);
        const standings = await ports.journal.fold(actors);
        return standings.map((standing, index) => ({ ...standing, entries: entries[index]!.entries }));
      },
    }),
  }),
};

const cacheTrusted: Variant = {
  name: 'cached-state-trusted',
  breaks: 'a state of Redis is used as if it were of the version and head at which the actor stands',
  within: 15,
  ports: (ports) => ({
    ...ports,
    cache: {
      get: async (keys) => {
        const cached = await ports.cache.get(keys);
        const standings = await ports.journal.fold(keys);
        return cached.map((one, index) => {
          const { version, head, actorRef } = standings[index]!;
          return one === null ? null : { ...one, version, head, actorRef };
        });
      },
      putNewer: (states) => ports.cache.putNewer(states),
      close: () => ports.cache.close(),
    },
  }),
};

const noteAcceptsTimeline: Variant = {
  name: 'note-accepts-timeline',
  breaks: 'telling how far publishing has come counts as having compared cursor and counter after a failover',
  within: 60,
  faults: { databaseGoesBack: true },
  bulk: true,
  ports: (ports) => ({
    ...ports,
    journal: journalWith(ports.journal, {
      published: (shard, epoch, upto) => ports.journal.accepted(shard, epoch, upto),
      commit: async (request) => {
        const { shard, epoch, publishedUpto: upto } = request;
        if (epoch !== null && upto !== undefined) await ports.journal.accepted(shard, epoch, upto);
        return ports.journal.commit(request);
      },
    }),
  }),
};

/** What an idle session asks does not tell it that the database is another. */
const idleBlindToFailover: Variant = {
  name: 'idle-session-blind-to-failover',
  breaks: 'reading the outbox does not say that the counter is below the cursor, or that the timeline is another',
  within: 60,
  faults: { databaseGoesBack: true },
  ports: (ports) => ({
    ...ports,
    journal: journalWith(ports.journal, {
      outbox: async (shard, after, maxRows, maxBytes) => {
        try {
          return await ports.journal.outbox(shard, after, maxRows, maxBytes);
        } catch (error) {
          if (error instanceof MmmError && error.code === 'DATABASE_WENT_BACK') return [];
          throw error;
        }
      },
    }),
  }),
};

interface Sequence {
  next: bigint;
  readonly rows: Map<bigint, OutputRecord>;
}
const sequences = new WeakMap<Cluster, Map<number, Sequence>>();

const sequenceOf = (cluster: Cluster, shard: number): Sequence => {
  const held = sequences.get(cluster) ?? new Map<number, Sequence>();
  sequences.set(cluster, held);
  const sequence = held.get(shard) ?? { next: 1n, rows: new Map<bigint, OutputRecord>() };
  held.set(shard, sequence);
  return sequence;
};

const commitWithSequence = async (
  cluster: Cluster,
  process: SimProcess,
  request: CommitRequest,
): Promise<CommitAnswer> => {
  const sequence = sequenceOf(cluster, request.shard);
  const wanted = request.actors.reduce((sum, actor) => sum + actor.outbox.length, 0);
  const first = await query(cluster, process, `${wanted} numbers of ${request.shard}`, () => {
    sequence.next += BigInt(wanted);
    return sequence.next - BigInt(wanted);
  });
  return query(cluster, process, `commit shard ${request.shard} at ${first}`, async (postgres) => {
    const answer = await postgres.commit(request);
    let number = first;
    request.actors.forEach((actor, index) => {
      for (const record of actor.outbox) {
        if (answer.actors[index]!.status === 'committed') sequence.rows.set(number, record);
        number += 1n;
      }
    });
    // Rows of a request in conflict are not one run: they are read back.
    const whole = answer.actors.every((one) => one.status === 'committed') && wanted > 0;
    return { ...answer, firstNumber: whole ? first : null, lastNumber: number - 1n };
  });
};

const plainSequence: Variant = {
  name: 'numbers-from-a-sequence',
  breaks:
    'outbox numbers come from a sequence before the commit: their order is not its order, and what rolls back leaves gaps',
  within: 15,
  ports: (ports, cluster, process) => ({
    ...ports,
    journal: journalWith(ports.journal, {
      openShard: async (shard) => ({
        ...(await ports.journal.openShard(shard)),
        nextNumber: sequenceOf(cluster, shard).next,
      }),
      commit: (request) => commitWithSequence(cluster, process, request),
      outbox: (shard, after, maxRows) =>
        query(cluster, process, `outbox ${shard} after ${after}`, (): readonly OutboxRow[] =>
          [...sequenceOf(cluster, shard).rows]
            .map(([number, record]) => ({ number, record }))
            .filter(({ number }) => number > after)
            .sort((a, b) => (a.number < b.number ? -1 : 1))
            .slice(0, maxRows),
        ),
    }),
  }),
};

/**
 * On a conflict only version and head are read anew; the state stays what memory holds: without the other writer's entries, and for `advanced` with
 * those of the commit that lost.
 */
const memoryKept = (name: string, breaks: string, within: number, advanced: boolean): Variant => ({
  name,
  breaks,
  within,
  ports: (ports) => {
    const held = new Map<string, FoldedActor['entries']>();
    const conflicted = new Set<string>();
    return {
      ...ports,
      journal: journalWith(ports.journal, {
        fold: async (actors) => {
          const folded = await ports.journal.fold(actors);
          return folded.map((actor) => {
            const text = actorKeyText(actor.key);
            const entries = conflicted.delete(text) ? held.get(text) : undefined;
            held.set(text, entries ?? actor.entries);
            return entries === undefined ? actor : { ...actor, entries };
          });
        },
        commit: async (request) => {
          const answer = await ports.journal.commit(request);
          request.actors.forEach(({ key, entries }, index) => {
            const text = actorKeyText(key);
            const before = held.get(text);
            if (before === undefined) return;
            const lost = answer.actors[index]!.status === 'conflict';
            if (lost) conflicted.add(text);
            if (!lost || advanced) held.set(text, [...before, ...entries]);
          });
          return answer;
        },
      }),
    };
  },
});

export const VARIANTS_OF_THE_JOURNAL: readonly Variant[] = [
  versionUnchecked,
  signalNotUnique,
  foldInTwoStatements,
  cacheTrusted,
  plainSequence,
  noteAcceptsTimeline,
  idleBlindToFailover,
  memoryKept('memory-kept-over-conflict', 'what memory holds of an actor outlives a conflict', 15, false),
  memoryKept(
    'memory-advanced-before-answer',
    'memory counts a commit as won before its answer, and keeps it',
    15,
    true,
  ),
];
