import type { Producer, Transaction } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TopicName } from '../../../src/generated/topics.ts';
import { kcatConsume } from '../../infra/kcat.ts';
import { TestCluster, brokers } from './cluster.ts';
import { readTopic } from '../../../src/adapters/kafka/topic-reader.ts';

/** Scenarios of overlapping aborted transactions on a real broker; kcat (librdkafka) is right in all of them and says what must be seen. */
const cluster = new TestCluster();
const producers: Producer[] = [];

beforeAll(async () => cluster.start(1));
afterAll(async () => {
  for (const producer of producers) await producer.disconnect();
  await cluster.close();
});

async function open(): Promise<Producer> {
  const transactionalId = `${cluster.names.group('aborts')}-${producers.length}`;
  const producer = cluster.clients.transactional.producer({ transactionalId, maxInFlightRequests: 1 });
  await producer.connect();
  producers.push(producer);
  return producer;
}

class Script {
  readonly #topic: string;
  constructor(topic: TopicName) {
    this.#topic = cluster.names.topic(topic);
  }
  async send(transaction: Transaction, ...values: string[]): Promise<void> {
    await transaction.send({ topic: this.#topic, messages: values.map((value) => ({ partition: 0, value })) });
  }
}

type Scenario = (script: Script) => Promise<void>;

const scenarios: [string, TopicName, Scenario][] = [
  ['S1 abort in the order of opening', 'mmm.decisions', async (script) => {
    const [a, b] = [await (await open()).transaction(), await (await open()).transaction()];
    await script.send(a, 'A1x');
    await script.send(b, 'B1x');
    await a.abort();
    await b.abort();
  }],
  ['S2 the later one aborts first', 'mmm.delivery.ide', async (script) => {
    const [a, b] = [await (await open()).transaction(), await (await open()).transaction()];
    await script.send(a, 'A1x');
    await script.send(b, 'B1x');
    await b.abort();
    await script.send(a, 'A2x', 'A3x');
    await a.abort();
  }],
  ['S3 one producer aborts, commits, aborts', 'mmm.delivery.ci', async (script) => {
    const producer = await open();
    for (const [value, end] of [['A1x', 'abort'], ['A2', 'commit'], ['A3x', 'abort']] as const) {
      const transaction = await producer.transaction();
      await script.send(transaction, value);
      await transaction[end]();
    }
  }],
  ['S4 six open at once, aborted in reverse', 'mmm.delivery.alert', async (script) => {
    const open6: Transaction[] = [];
    for (let i = 0; i < 6; i++) open6.push(await (await open()).transaction());
    for (const [i, transaction] of open6.entries()) await script.send(transaction, `P${i}x`);
    for (const transaction of open6.reverse()) await transaction.abort();
  }],
  ['S5 a key like an abort marker', 'mmm.outcomes', async (script) => {
    const transaction = await (await open()).transaction();
    const topic = cluster.names.topic('mmm.outcomes');
    await transaction.send({ topic, messages: [{ partition: 0, key: Buffer.alloc(4), value: 'Kx' }] });
    await script.send(transaction, 'K2x');
    await transaction.abort();
  }],
  ['S6 twenty rounds of two overlapping', 'mmm.receipts', async (script) => {
    const [one, two] = [await open(), await open()];
    for (let round = 0; round < 20; round++) {
      const [a, b] = [await one.transaction(), await two.transaction()];
      await script.send(a, `A${round}x`);
      await script.send(b, `B${round}x`);
      await b.abort();
      await script.send(a, `A${round}xx`);
      await a.abort();
    }
  }],
]; // prettier-ignore

test.each(scenarios)('%s', async (_name, topic, scenario) => {
  const script = new Script(topic);
  await scenario(script);
  const committed = await (await open()).transaction();
  await script.send(committed, 'C1ok');
  await committed.commit();

  const kcat = await kcatConsume({ topic: cluster.names.topic(topic), brokers: brokers() });
  const expected = kcat.map(({ value }) => String(value));
  expect(expected.filter((value) => value.endsWith('x'))).toEqual([]);
  const seen: string[] = [];
  const deps = { kafka: cluster.clients.patient, admin: cluster.admin.admin, names: cluster.names };
  const options = { from: 'earliest', follow: false, signal: new AbortController().signal } as const;
  await readTopic(deps, topic, options, ({ value }) => void seen.push(Buffer.from(value ?? '').toString()));
  expect(seen).toEqual(expected);
  expect(seen).toContain('C1ok');
});
