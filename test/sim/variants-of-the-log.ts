import { MmmError } from '../../src/errors.ts';
import type { Publication, SessionOutput, SessionOutputs } from '../../src/pipeline/ports/partitions.ts';
import type { Broker } from './broker.ts';
import type { Cluster, Variant } from './cluster.ts';
import { journalWith } from './journal-with.ts';
import { logAway, REQUEST_TIMEOUT_MS } from './log-parts.ts';
import { SimSessionOutput } from './sim-session-output.ts';
import type { SimProcess } from './world.ts';

/** A request of its own to the broker, outside of any transaction. */
const ask = <T>(cluster: Cluster, process: SimProcess, what: string, effect: (broker: Broker) => T): Promise<T> =>
  cluster.wire.call({
    process,
    server: cluster.kafka,
    what,
    timeoutMs: REQUEST_TIMEOUT_MS,
    effect: () => effect(cluster.broker),
    unanswered: logAway,
  });

/** Every output of the process, with some of its calls replaced. */
const outputsWith = (
  outputs: SessionOutputs,
  replace: (output: SessionOutput, partition: number) => Partial<SessionOutput>,
): SessionOutputs => ({
  open: async (partition) => {
    const output = await outputs.open(partition);
    return {
      fence: () => output.fence(),
      publish: (publication) => output.publish(publication),
      discard: () => output.discard(),
      ...replace(output, partition),
    };
  },
});

const cursorOutsideTransaction: Variant = {
  name: 'cursor-outside-transaction',
  breaks: 'the outbox cursor is committed by a request of its own, after the transaction',
  within: 40,
  ports: (ports, cluster, process) => ({
    ...ports,
    outputs: outputsWith(ports.outputs, (output, partition) => ({
      publish: async (publication) => {
        if (!(output instanceof SimSessionOutput)) throw new TypeError('another output');
        await output.publish({ ...publication, cursor: null });
        await ask(cluster, process, `cursor ${publication.cursor} of ${partition}`, (broker) =>
          broker.setPositions(partition, { ...broker.positions(partition), cursor: publication.cursor }),
        );
      },
    })),
  }),
};

const inputAheadOfOutputs: Variant = {
  name: 'input-ahead-of-outputs',
  breaks: 'the input offset is committed by a request of its own, before the transaction with its outputs',
  within: 30,
  ports: (ports, cluster, process) => ({
    ...ports,
    outputs: outputsWith(ports.outputs, (output, partition) => ({
      publish: async (publication) => {
        const { inputNext } = publication;
        if (inputNext !== null) {
          await ask(cluster, process, `input ${inputNext} of ${partition}`, (broker) =>
            broker.setPositions(partition, { ...broker.positions(partition), input: inputNext }),
          );
        }
        await output.publish({ ...publication, inputNext: null });
      },
    })),
  }),
};

const cursorBeforeFence: Variant = {
  name: 'cursor-read-before-fencing',
  breaks: 'the committed positions are read first and the former owner is shut out afterwards',
  within: 40,
  faults: { expel: 0.3 },
  ports: (ports, cluster, process) => ({
    ...ports,
    outputs: outputsWith(ports.outputs, (output, partition) => ({
      fence: async () => {
        const positions = await ask(cluster, process, `positions of ${partition}`, (broker) =>
          broker.positions(partition),
        );
        await output.fence();
        return positions;
      },
    })),
  }),
};

const noFencing: Variant = {
  name: 'no-fencing-in-kafka',
  breaks: 'each session has a transactional id of its own, so that no session shuts another out',
  within: 40,
  ports: (ports, cluster, process) => ({
    ...ports,
    outputs: {
      open: (partition) => {
        const { wire, kafka, broker, decideGroup } = cluster;
        const parts = { wire, server: kafka, process, broker, group: decideGroup, fetched: 0 };
        return Promise.resolve(new SimSessionOutput(parts, partition, broker.newProducerId(partition)));
      },
    },
  }),
};

const missingCursorIsZero: Variant = {
  name: 'missing-cursor-is-zero',
  breaks: 'a shard whose cursor is missing starts at its first row',
  within: 60,
  ports: (ports) => ({
    ...ports,
    journal: journalWith(ports.journal, {
      openShard: async (shard) => ({ ...(await ports.journal.openShard(shard)), publishedUpto: -1n }),
    }),
  }),
};

const KEPT_TRIES = 5;

const keptAfterTimeout: Variant = {
  name: 'session-kept-after-timeout',
  breaks: 'a publication without an answer is sent again by the same producer',
  within: 10,
  ports: (ports) => ({
    ...ports,
    outputs: outputsWith(ports.outputs, (output) => ({
      publish: async (publication: Publication) => {
        for (let attempt = 1; ; attempt++) {
          try {
            await output.publish(publication);
            return;
          } catch (error) {
            const inDoubt = error instanceof MmmError && error.code !== 'FENCED';
            if (!inDoubt || attempt > KEPT_TRIES || !(output instanceof SimSessionOutput)) throw error;
            output.forgive();
          }
        }
      },
    })),
  }),
};

/** Rows up to this number of a shard are gone, whether their transaction won or not. */
const deletedRows = new WeakMap<Cluster, Map<number, bigint>>();

const rowsDeletedEarly: Variant = {
  name: 'rows-deleted-before-commit-is-known',
  breaks: 'outbox rows are deleted when they are sent, not when their transaction is known to be committed',
  within: 15,
  ports: (ports, cluster) => {
    const deleted = deletedRows.get(cluster) ?? new Map<number, bigint>();
    deletedRows.set(cluster, deleted);
    return {
      ...ports,
      outputs: outputsWith(ports.outputs, (output, partition) => ({
        publish: async (publication) => {
          if ((deleted.get(partition) ?? 0n) < publication.cursor) deleted.set(partition, publication.cursor);
          await output.publish(publication);
        },
      })),
      journal: journalWith(ports.journal, {
        outbox: async (shard, after, maxRows, maxBytes) => {
          const rows = await ports.journal.outbox(shard, after, maxRows, maxBytes);
          if (after < (deleted.get(shard) ?? 0n)) throw new MmmError('OUTBOX_GAP', undefined, { details: { shard } });
          return rows;
        },
      }),
    };
  },
};

export const VARIANTS_OF_THE_LOG: readonly Variant[] = [
  cursorOutsideTransaction,
  inputAheadOfOutputs,
  cursorBeforeFence,
  noFencing,
  missingCursorIsZero,
  keptAfterTimeout,
  rowsDeletedEarly,
];
