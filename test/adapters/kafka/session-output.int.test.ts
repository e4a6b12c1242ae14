import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kafka } from 'kafkajs';
import { KafkaSessionOutputs } from '../../../src/adapters/kafka/session-outputs.ts';
import { record } from './records.ts';
import { kcatConsume } from '../../infra/kcat.ts';
import { TestCluster, brokers } from './cluster.ts';

/** Connections that are cut around one kind of request: before it leaves, or after it did and before its answer arrives. */
const END_TXN = 26;
const PRODUCE = 0;
type Cut = { readonly apiKey: number; readonly when: 'before' | 'after' };
let cut: Cut | null = null;

function faultySocket({ host, port, onConnect }: { host: string; port: number; onConnect: () => void }): Socket {
  const socket = connect({ host, port }, onConnect);
  let mute = false;
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const emit = socket.emit.bind(socket) as (...args: unknown[]) => boolean;
  // As the client sees a broker that went away; destroying alone tells it nothing.
  const close = (): boolean => {
    socket.destroy();
    return emit('end');
  };
  Object.assign(socket, {
    write: (request: Buffer, ...rest: unknown[]): boolean => {
      if (Buffer.from(request as unknown as string, 'latin1').readInt16BE(4) !== cut?.apiKey)
        return write(request, ...rest);
      const { when } = cut;
      cut = null;
      if (when === 'after') {
        mute = true;
        return write(request, ...rest);
      }
      return close();
    },
    emit: (event: string, ...args: unknown[]): boolean => {
      if (event !== 'data' || !mute) return emit(event, ...args);
      // The answer is here, so the broker has done it; nobody will read it.
      return close();
    },
  });
  return socket;
}

const cluster = new TestCluster();
let outputs: KafkaSessionOutputs;

beforeAll(async () => {
  await cluster.start(2);
  const kafka = new Kafka({
    clientId: 'faulty',
    brokers: brokers(),
    logCreator: () => () => undefined,
    retry: { initialRetryTime: 1, maxRetryTime: 20, retries: 200 },
    socketFactory: faultySocket,
  });
  outputs = new KafkaSessionOutputs({ ...cluster.deps(), kafka });
});
afterAll(async () => cluster.close());

const seen = async (): Promise<string[]> => {
  const records = await kcatConsume({ topic: cluster.names.topic('mmm.decisions'), brokers: brokers() });
  return records.map(({ value }) => String(value));
};

test.each([
  ['the answer to the commit is lost', { apiKey: END_TXN, when: 'after' }, true],
  ['the commit itself is lost', { apiKey: END_TXN, when: 'before' }, false],
] as const)('%s: in doubt, and the next fence says what had won', async (name, where, won) => {
  const first = await outputs.open(0);
  const before = await first.fence();
  const next = (before.cursor ?? 0n) + 1n;
  cut = where;
  const publication = { records: [record('mmm.decisions', 'a', name)], inputNext: next, cursor: next };
  await expect(first.publish(publication)).rejects.toMatchObject({ code: 'IN_DOUBT' });
  // Refused by us, before the client is asked: its own state would let some calls through.
  await expect(first.publish(publication)).rejects.toThrow('session output is dead');
  await first.discard();

  const second = await cluster.outputs.open(0);
  const after = await second.fence();
  expect(after.cursor).toBe(won ? next : before.cursor);
  expect(after.input).toBe(after.cursor);
  if (!won) await second.publish(publication);
  await second.discard();
  expect((await seen()).filter((value) => value === name)).toHaveLength(1);
});

test('a lost answer to the records is asked again within the transaction: written once', async () => {
  const output = await outputs.open(1);
  await output.fence();
  cut = { apiKey: PRODUCE, when: 'after' };
  const records = ['p1', 'p2', 'p3'].map((value) => record('mmm.decisions', 'b', value));
  await output.publish({ records, inputNext: 1n, cursor: 1n });
  await output.discard();
  expect((await seen()).filter((value) => value.startsWith('p'))).toEqual(['p1', 'p2', 'p3']);
});

test('a broken transaction of a dead owner is not seen, and its successor does not wait for the timeout', async () => {
  const dead = cluster.clients.transactional.producer({
    transactionalId: cluster.names.transactionalId(1),
    transactionTimeout: 60_000,
    maxInFlightRequests: 1,
  });
  await dead.connect();
  const open = await dead.transaction();
  const topic = cluster.names.topic('mmm.decisions');
  await open.send({ topic, messages: [{ partition: 0, value: 'half' }] });
  const owner = await cluster.outputs.open(1);
  expect(await owner.fence()).toEqual({ input: 1n, cursor: 1n });
  await owner.publish({ records: [record('mmm.decisions', 'b', 'whole')], inputNext: 2n, cursor: 2n });
  await owner.discard();
  const values = await seen();
  expect(values).toContain('whole');
  expect(values).not.toContain('half');
  await dead.disconnect();
});

test('more records than one send holds keep their order', async () => {
  const values = Array.from({ length: 2_500 }, (_, i) => `n${i}`);
  const output = await cluster.outputs.open(1);
  await output.fence();
  const records = values.map((value) => record('mmm.decisions', 'c', value));
  await output.publish({ records, inputNext: 3n, cursor: 3n });
  await output.discard();
  expect((await seen()).filter((value) => value.startsWith('n'))).toEqual(values);
});
