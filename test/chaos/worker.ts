import { Kafka, type Producer, type Transaction } from 'kafkajs';
import { PostgresJournal } from '../../src/adapters/postgres/postgres-journal.ts';
import { RedisStateCache } from '../../src/adapters/redis/redis-state-cache.ts';
import { openEngineLog } from '../../src/entrypoints/composition/engine-log.ts';
import { ROLES } from '../../src/entrypoints/composition/engine.ts';
import { serve } from '../../src/entrypoints/serve.ts';
import type { RecordWriter } from '../../src/pipeline/ports/intake.ts';
import type { SessionOutput, SessionOutputs } from '../../src/pipeline/ports/partitions.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import { arrive, type Point } from './points.ts';

/**
 * `serve` as it is, as a program that can be told to end or stop at a named point: `<folder of orders>`. The points are around the ports and around
 * the two adapters that have more than one moment, put there by this program: the product knows nothing of them.
 */
const [folder = ''] = process.argv.slice(2);
const here = (point: Point): void => arrive(folder, point);

type Method<A extends unknown[], R> = (...args: A) => Promise<R>;

/** The method with what is to happen before it starts and after it has answered. */
const around = <A extends unknown[], R>(method: Method<A, R>, before: () => void, after: () => void): Method<A, R> =>
  async function (this: unknown, ...args: A): Promise<R> {
    before();
    const answer = await method.apply(this, args);
    after();
    return answer;
  };
const nothing = (): void => undefined;

const journal = PostgresJournal.prototype;
journal.openShard = around(journal.openShard, nothing, () => here('after-open-shard'));
journal.fold = around(journal.fold, nothing, () => here('after-read'));
journal.commit = around(
  journal.commit,
  () => here('before-commit'),
  () => here('after-commit'),
);
journal.published = around(
  journal.published,
  () => here('before-published'),
  () => here('after-published'),
);
const cache = RedisStateCache.prototype;
cache.get = around(cache.get, nothing, () => here('after-read'));

/** The steps of a transaction are inside the adapter; the vendor's object is where they can be told apart. */
const watchedTransaction = (transaction: Transaction): Transaction => {
  let sent = false;
  return Object.assign(Object.create(transaction) as Transaction, {
    sendBatch: around(
      (batch: Parameters<Transaction['sendBatch']>[0]) => transaction.sendBatch(batch),
      nothing,
      () => {
        sent = true;
        here('after-send');
      },
    ),
    sendOffsets: around(
      (offsets: Parameters<Transaction['sendOffsets']>[0]) => transaction.sendOffsets(offsets),
      nothing,
      () => {
        if (sent) here('after-offsets');
      },
    ),
    commit: around(
      () => transaction.commit(),
      nothing,
      () => {
        if (sent) here('after-end');
      },
    ),
  });
};

const producerOf = Kafka.prototype.producer;
Kafka.prototype.producer = function (this: Kafka, config): Producer {
  const producer = producerOf.call(this, config);
  if (config?.transactionalId === undefined) return producer;
  const begin = producer.transaction.bind(producer);
  return Object.assign(producer, { transaction: async () => watchedTransaction(await begin()) });
};

const watchedOutput = (output: SessionOutput): SessionOutput => ({
  fence: around(
    () => output.fence(),
    nothing,
    () => here('after-fence'),
  ),
  publish: (publication) => output.publish(publication),
  discard: () => output.discard(),
});

const watchedOutputs = (outputs: SessionOutputs): SessionOutputs => ({
  open: async (partition) => watchedOutput(await outputs.open(partition)),
});

const watchedWriter = (writer: RecordWriter): RecordWriter => ({
  append: around(
    (records: Parameters<RecordWriter['append']>[0]) => writer.append(records),
    () => here('before-append'),
    () => here('after-append'),
  ),
  close: () => writer.close(),
});

const io = { out: (): void => undefined, err: (): void => undefined, json: false };
process.exitCode = await serve(loadConfig(), new Set(ROLES), io, async (deps) => {
  const log = await openEngineLog(deps);
  return { ...log, outputs: watchedOutputs(log.outputs), writer: watchedWriter(log.writer) };
});
