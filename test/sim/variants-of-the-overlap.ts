import { MmmError } from '../../src/errors.ts';
import { type CommitAnswer, journalSignalKey } from '../../src/pipeline/ports/journal.ts';
import type { Ports, Variant } from './cluster.ts';
import { journalWith } from './journal-with.ts';

const NO_CACHE: Ports['cache'] = {
  get: (keys) => Promise.resolve(keys.map(() => null)),
  putNewer: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/**
 * The session goes on without the answer to its commit. To the stage it looks as if every signal of the batch were known already, which is what a
 * stage that does not wait would make of it: nothing to publish, nothing to remember, the next batch.
 */
const withoutAnswer = (ports: Ports, publishWaits: boolean): Ports => {
  const open = new Set<Promise<void>>();
  const sent = new Set<string>();
  let failed = false;
  return {
    ...ports,
    // Never told of what was committed, the cache would only ever hold states that conflict.
    cache: NO_CACHE,
    journal: journalWith(ports.journal, {
      commit: async (request) => {
        if (request.epoch === null) return ports.journal.commit(request);
        const keys = request.actors.flatMap(({ key, entries }) =>
          entries.map(({ signalId }) => journalSignalKey(key.tenantId, signalId)),
        );
        for (const key of keys) sent.add(key);
        const work: Promise<void> = ports.journal
          .commit(request)
          .then(
            ({ actors }) => {
              failed ||= actors.some((one) => one.status === 'conflict');
            },
            () => {
              failed = true;
            },
          )
          .finally(() => {
            open.delete(work);
            for (const key of keys) sent.delete(key);
          });
        open.add(work);
        const answer: CommitAnswer = {
          actors: request.actors.map(() => ({ status: 'conflict' })),
          firstNumber: null,
          lastNumber: 0n,
        };
        return answer;
      },
      knownSignals: async (signals) => {
        const pending = signals.map((signal) => journalSignalKey(signal.tenantId, signal.signalId));
        const held = pending.filter((key) => sent.has(key));
        return new Set([...(await ports.journal.knownSignals(signals)), ...held]);
      },
    }),
    outputs: {
      open: async (partition) => {
        const output = await ports.outputs.open(partition);
        failed = false;
        return {
          fence: () => output.fence(),
          discard: () => output.discard(),
          publish: async (publication) => {
            if (publishWaits) await Promise.all(open);
            if (failed) throw new MmmError('IN_DOUBT');
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
    within: 60,
    ports: (ports) => withoutAnswer(ports, true),
  },
  {
    name: 'offset-covers-open-commit',
    breaks: 'the input offset covers a batch that is still in PostgreSQL',
    within: 20,
    ports: (ports) => withoutAnswer(ports, false),
  },
];
