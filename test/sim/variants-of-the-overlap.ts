import { MmmError } from '../../src/errors.ts';
import { type CommitAnswer, type CommitRequest, journalSignalKey } from '../../src/pipeline/ports/journal.ts';
import type { Ports, Variant } from './cluster.ts';
import { journalWith } from './journal-with.ts';

const NO_CACHE: Ports['cache'] = {
  get: (keys) => Promise.resolve(keys.map(() => null)),
  putNewer: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** What the running session of a shard has sent and not heard of. */
interface Unanswered {
  readonly open: Set<Promise<void>>;
  failed: boolean;
  /** The shard's highest number, if everything sent wins. */
  last: bigint;
}

const signalKeysOf = (request: CommitRequest): string[] =>
  request.actors.flatMap(({ key, entries }) => entries.map(({ signalId }) => journalSignalKey(key.tenantId, signalId)));

const rowsIn = (request: CommitRequest): bigint =>
  BigInt(request.actors.reduce((sum, actor) => sum + actor.outbox.length, 0));

/**
 * The session goes on without the answer to its commit. To the stage it looks as if every signal of the batch were known already, which is what a
 * stage that does not wait would make of it: nothing to remember, the rows are read back, and the next batch is taken.
 */
const withoutAnswer = (ports: Ports, publishWaits: boolean): Ports => {
  const sessions = new Map<number, Unanswered>();
  const sent = new Set<string>();
  const settled = async (shard: number): Promise<void> => {
    const session = sessions.get(shard);
    if (!publishWaits || session === undefined) return;
    await Promise.all(session.open);
    if (session.failed) throw new MmmError('IN_DOUBT');
  };
  const send = (session: Unanswered, request: CommitRequest): void => {
    const keys = signalKeysOf(request);
    for (const key of keys) sent.add(key);
    const work: Promise<void> = ports.journal
      .commit(request)
      .then(
        ({ actors, lastNumber }) => {
          session.failed ||= actors.some((one) => one.status === 'conflict');
          if (lastNumber > session.last) session.last = lastNumber;
        },
        () => {
          session.failed = true;
        },
      )
      .finally(() => {
        session.open.delete(work);
        for (const key of keys) sent.delete(key);
      });
    session.open.add(work);
  };
  return {
    ...ports,
    // Never told of what was committed, the cache would only ever hold states that conflict.
    cache: NO_CACHE,
    journal: journalWith(ports.journal, {
      openShard: async (shard) => {
        const status = await ports.journal.openShard(shard);
        sessions.set(shard, { open: new Set(), failed: false, last: status.nextNumber - 1n });
        return status;
      },
      commit: async (request) => {
        const session = sessions.get(request.shard);
        if (request.epoch === null || session === undefined) return ports.journal.commit(request);
        session.last += rowsIn(request);
        send(session, request);
        const answer: CommitAnswer = {
          actors: request.actors.map(() => ({ status: 'conflict' })),
          firstNumber: null,
          lastNumber: publishWaits ? session.last : 0n,
        };
        return answer;
      },
      knownSignals: async (signals) => {
        const asked = signals.map((signal) => journalSignalKey(signal.tenantId, signal.signalId));
        const unanswered = asked.filter((key) => sent.has(key));
        return new Set([...(await ports.journal.knownSignals(signals)), ...unanswered]);
      },
      outbox: async (shard, after, maxRows, maxBytes) => {
        await settled(shard);
        return ports.journal.outbox(shard, after, maxRows, maxBytes);
      },
    }),
    outputs: {
      open: async (partition) => {
        const output = await ports.outputs.open(partition);
        return {
          fence: () => output.fence(),
          discard: () => output.discard(),
          publish: async (publication) => {
            await settled(partition);
            await output.publish(publication);
          },
        };
      },
    },
  };
};

export const VARIANTS_OF_THE_OVERLAP: readonly Variant[] = [
  {
    name: 'next-batch-before-answer',
    breaks: 'the next batch goes to PostgreSQL before the last was answered',
    within: 30,
    faults: { slow: 0.3, queued: 0.3 },
    bulk: true,
    ports: (ports) => withoutAnswer(ports, true),
  },
  {
    name: 'offset-covers-open-commit',
    breaks: 'the input offset covers a batch that is still in PostgreSQL',
    within: 20,
    ports: (ports) => withoutAnswer(ports, false),
  },
];
