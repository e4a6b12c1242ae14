import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assertPatched, requireClient } from '../../../src/adapters/kafka/patched-client.ts';
import { unpatchedClient } from './support/unpatched-client.ts';
import type { UnpatchedClient } from './support/unpatched-client.ts';

type Load = (path: string) => any; // eslint-disable-line @typescript-eslint/no-explicit-any -- the client's inner modules have no types
const patched: Load = (path) => requireClient(`kafkajs/${path}`);

/** When a vector below passes on it, upstream has mended that fault. */
let published: UnpatchedClient;
let unpatched: Load;
beforeAll(() => {
  published = unpatchedClient();
  unpatched = (path) => published.load(path);
});
afterAll(() => published.remove());

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const logger = { ...SILENT, namespace: () => SILENT };

const data = (offset: number, producerId: number, key: Buffer | null = null) => ({
  offset: String(offset),
  key,
  isControlRecord: false,
  batchContext: { producerId: String(producerId), inTransaction: true, isControlBatch: false },
});
const marker = (offset: number, producerId: number, kind: 'abort' | 'commit') => ({
  offset: String(offset),
  key: Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1]),
  isControlRecord: true,
  batchContext: { producerId: String(producerId), inTransaction: true, isControlBatch: true },
});
type Fetched = ReturnType<typeof data>;
const shown = (load: Load, messages: Fetched[], aborted: [producerId: number, firstOffset: number][]): number[] => {
  const abortedTransactions = aborted.map(([id, first]) => ({ producerId: String(id), firstOffset: String(first) }));
  const kept: Fetched[] = load('src/consumer/filterAbortedMessages.js')({ messages, abortedTransactions });
  return kept.filter((message) => !message.isControlRecord).map(({ offset }) => Number(offset));
};

test('records are grouped by partition as the published client groups them, which copies a list for each record', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 }), (partitions) => {
      const messages = partitions.map((partition, at) => ({ partition, at }));
      const grouped = (load: Load): unknown =>
        load('src/producer/groupMessagesPerPartition.js')({
          topic: 't',
          partitionMetadata: [{ partitionId: 0 }],
          messages,
          partitioner: ({ message }: { message: { partition: number } }) => message.partition,
        });
      expect(grouped(patched)).toEqual(grouped(unpatched));
    }),
  );
});

describe('records of aborted transactions', () => {
  test('overlapping transactions that end in another order than they began', () => {
    const log = [data(10, 1), data(11, 2), marker(12, 2, 'abort'), data(13, 1), marker(14, 1, 'abort'), data(15, 3)];
    const aborted: [number, number][] = [[2, 11], [1, 10]]; // prettier-ignore
    expect(shown(patched, log, aborted)).toEqual([15]);
    expect(shown(unpatched, log, aborted)).toEqual([10, 15]);
  });

  test('a fetch that starts inside two of them', () => {
    const log = [data(20, 2), data(21, 1), marker(22, 1, 'abort'), marker(23, 2, 'abort'), data(24, 1)];
    const aborted: [number, number][] = [[1, 10], [2, 11]]; // prettier-ignore
    expect(shown(patched, log, aborted)).toEqual([24]);
    expect(shown(unpatched, log, aborted)).toEqual([20, 24]);
  });

  test('a record with the key of an abort marker', () => {
    const log = [data(1, 1, Buffer.alloc(4)), data(2, 1), marker(3, 1, 'abort'), data(4, 1)];
    expect(shown(patched, log, [[1, 1]])).toEqual([4]);
    expect(shown(unpatched, log, [[1, 1]])).toEqual([1, 2, 4]);
  });

  test('the same producer aborts, commits and aborts again', () => {
    const log = [
      data(1, 1),
      marker(2, 1, 'abort'),
      data(3, 1),
      marker(4, 1, 'commit'),
      data(5, 1),
      marker(6, 1, 'abort'),
    ];
    expect(shown(patched, log, [[1, 5], [1, 1]])).toEqual([3]); // prettier-ignore
  });
});

describe('timer of an idle connection', () => {
  const armed = (load: Load): boolean => {
    const RequestQueue = load('src/network/requestQueue/index.js');
    const queue = new RequestQueue({
      maxInFlightRequests: 1,
      requestTimeout: 1_000,
      clientId: 'c',
      broker: 'b',
      logger,
    });
    queue.scheduleCheckPendingRequests();
    const isArmed = queue.throttleCheckTimeoutId !== null;
    queue.destroy();
    return isArmed;
  };
  test('is set only while something waits', () => {
    expect(armed(patched)).toBe(false);
    expect(armed(unpatched)).toBe(true);
  });

  test('a request over the limit is still sent when its turn comes', () => {
    const RequestQueue = patched('src/network/requestQueue/index.js');
    const queue = new RequestQueue({
      maxInFlightRequests: 1,
      requestTimeout: 1_000,
      clientId: 'c',
      broker: 'b',
      logger,
    });
    const sent: number[] = [];
    const push = (correlationId: number): void => {
      const entry = { correlationId, resolve: () => undefined, reject: () => undefined };
      queue.push({ entry, expectResponse: true, sendRequest: () => sent.push(correlationId) });
    };
    push(1);
    push(2);
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
    queue.fulfillRequest({ correlationId: 1, payload: {}, size: 0 });
    expect(sent).toEqual([1, 2]);
    queue.destroy();
  });
});

describe('coordinators of a transactional producer', () => {
  /** Two transactions on a coordinator that answers `answers` to EndTxn first; returns how often it was looked up. */
  const lookups = async (load: Load, call: 'endTxn' | 'addOffsetsToTxn', answers: string[]): Promise<number> => {
    let count = 0;
    const answer = (name: string) => async () => {
      const type = name === call ? answers.shift() : undefined;
      if (type !== undefined) throw Object.assign(new Error(type), { type, retriable: true });
    };
    const broker = {
      isConnected: () => true,
      initProducerId: async () => ({ producerId: 1, producerEpoch: 0 }),
      addOffsetsToTxn: answer('addOffsetsToTxn'),
      txnOffsetCommit: answer('txnOffsetCommit'),
      endTxn: answer('endTxn'),
    };
    const cluster = {
      retry: { initialRetryTime: 1, maxRetryTime: 1, retries: 5 },
      refreshMetadataIfNecessary: async () => undefined,
      findGroupCoordinator: async () => {
        count += 1;
        return broker;
      },
    };
    const manager = load('src/producer/eosManager/index.js')({
      logger: SILENT,
      cluster,
      transactional: true,
      transactionalId: 't',
    });
    await manager.initProducerId();
    count = 0;
    for (let i = 0; i < 2; i++) {
      manager.beginTransaction();
      await manager.sendOffsets({ consumerGroupId: 'g', topics: [] });
      await manager.commit();
    }
    return count;
  };

  test('are looked up once', async () => {
    expect(await lookups(patched, 'endTxn', [])).toBe(2);
    expect(await lookups(unpatched, 'endTxn', [])).toBe(6);
  });

  test.each(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS'])(
    'are forgotten and asked again after %s',
    async (type) => {
      expect(await lookups(patched, 'endTxn', [type])).toBe(3);
      await expect(lookups(unpatched, 'endTxn', [type])).rejects.toMatchObject({ type });
    },
  );

  test('are kept while the transaction before completes', async () => {
    expect(await lookups(patched, 'addOffsetsToTxn', ['CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS'])).toBe(2);
    const stuck = lookups(unpatched, 'addOffsetsToTxn', ['CONCURRENT_TRANSACTIONS']);
    await expect(stuck).rejects.toMatchObject({ type: 'CONCURRENT_TRANSACTIONS' });
  });

  test('a fenced producer is told at once', async () => {
    const fenced = lookups(patched, 'endTxn', ['INVALID_PRODUCER_EPOCH']);
    await expect(fenced).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' });
  });
});

test('of the partitions that may not be in a transaction the one at fault is told, not one that was then not looked at', async () => {
  const refusal = { topic: 'refused', partitionErrors: [{ partition: 0, errorCode: 29 }] };
  const notLookedAt = { topic: 'fine', partitionErrors: [{ partition: 0, errorCode: 55 }] };
  const told = (load: Load): Promise<unknown> =>
    load('src/protocol/requests/addPartitionsToTxn/v1/response.js').parse({ errors: [notLookedAt, refusal] });
  await expect(told(patched)).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED', topic: 'refused' });
  await expect(told(unpatched)).rejects.toMatchObject({ type: 'OPERATION_NOT_ATTEMPTED' });
});

test('the transaction manager gets the retry settings of the client', () => {
  const retry = { retries: 7 };
  const make = (load: Load) => new (load('src/cluster/index.js'))({ logger, brokers: ['x:1'], retry }).retry;
  expect(make(patched)).toBe(retry);
  expect(make(unpatched)).toBeUndefined();
});

describe('assertPatched', () => {
  test('takes the installed client', () => expect(() => assertPatched()).not.toThrow());
  test('refuses the published one', () => {
    const load = (id: string): unknown => unpatched(id.replace('kafkajs/', ''));
    expect(() => assertPatched(load)).toThrow(expect.objectContaining({ code: 'PREREQUISITE_MISSING' }));
  });
  test('refuses another version', () => {
    const load = (id: string): unknown => (id.endsWith('package.json') ? { version: '2.2.5' } : requireClient(id));
    expect(() => assertPatched(load)).toThrow(expect.objectContaining({ code: 'PREREQUISITE_MISSING' }));
  });
});
