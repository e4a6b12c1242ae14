import type { Kafka, Producer, Transaction } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readTopic } from '../../../../src/adapters/kafka/topic-reader.ts';
import type { TopicName } from '../../../../src/generated/topics.ts';
import { assignments, takeAll } from '../records.ts';
import { FaultRig, expectFault } from '../support/fault-rig.ts';

/**
 * Fault 1: records of aborted transactions reach read_committed consumers, when transactions overlap (ours do: one producer for each input partition)
 * or when a record has the key of an abort marker. kcat (librdkafka) is right in all these scenarios and says what must be seen.
 */
const rig = new FaultRig();

beforeAll(async () => rig.start(1));
afterAll(async () => rig.close());

const open = async (): Promise<Producer> => rig.transactional(rig.cluster.clients.transactional);

class Script {
  readonly #topic: string;
  constructor(topic: TopicName) {
    this.#topic = rig.cluster.names.topic(topic);
  }
  async sendKeyed(transaction: Transaction, key: Buffer, value: string): Promise<void> {
    await transaction.send({ topic: this.#topic, messages: [{ partition: 0, key, value }] });
  }
  async send(transaction: Transaction, ...values: string[]): Promise<void> {
    await transaction.send({ topic: this.#topic, messages: values.map((value) => ({ partition: 0, value })) });
  }
}

/** All that a consumer is given from an offset on, up to the last committed record. */
async function consumed(kafka: Kafka, topic: TopicName, from: number): Promise<string[]> {
  const fullName = rig.cluster.names.topic(topic);
  const consumer = kafka.consumer({ groupId: rig.cluster.names.group('leak'), maxWaitTimeInMs: 100 });
  const seen: string[] = [];
  const done = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => consumer.seek({ topic: fullName, partition: 0, offset: String(from) }));
  await consumer.connect();
  await consumer.subscribe({ topics: [fullName], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      seen.push(String(message.value));
      if (seen.at(-1) === END) done.resolve();
      return Promise.resolve();
    },
  });
  await done.promise;
  await consumer.disconnect();
  return seen;
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
    await script.send(transaction, 'K0x');
    await script.sendKeyed(transaction, Buffer.alloc(4), 'Kx');
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

/** The last record of each topic, which is committed. */
const END = 'C1ok';

async function play(topic: TopicName, scenario: Scenario): Promise<void> {
  const script = new Script(topic);
  await scenario(script);
  const committed = await (await open()).transaction();
  await script.send(committed, END);
  await committed.commit();
}

test.each(scenarios)('%s', async (_name, topic, scenario) => {
  await play(topic, scenario);
  const { clients, admin, names } = rig.cluster;
  const expected = await rig.seen(topic);
  expect(expected.filter((value) => value.endsWith('x'))).toEqual([]);
  const seen: string[] = [];
  const deps = { kafka: clients.patient, admin: admin.admin, names };
  const options = { from: 'earliest', follow: false, signal: new AbortController().signal } as const;
  await readTopic(deps, topic, options, ({ value }) => void seen.push(Buffer.from(value ?? '').toString()));
  expect(seen).toEqual(expected);
  expect(seen).toContain(END);
});

/** Begins at 0 with one record that is committed. At 3 a fetch begins inside both transactions, with a record of the one that ended last. */
const INSIDE_BOTH = 3;
const everyKind: Scenario = async (script) => {
  const before = await (await open()).transaction();
  await script.send(before, 'ok');
  const [a, b] = [await (await open()).transaction(), await (await open()).transaction()];
  await before.commit();
  await script.send(a, 'A1x');
  await script.send(b, 'B1x');
  await script.sendKeyed(b, Buffer.alloc(4), 'keyx');
  await script.send(b, 'B2x');
  await script.send(a, 'A2x');
  await a.abort();
  await b.abort();
};

test('the reader of a session and intake see none of them, and a session that begins between them neither', async () => {
  const topic = 'mmm.signals';
  await play(topic, everyKind);
  const group = rig.cluster.newGroup();
  await assignments(group, 1);
  for (const [from, values] of [
    ['earliest', ['ok', END]],
    [BigInt(INSIDE_BOTH), [END]],
  ] as const) {
    await group.reader(0).seek(from);
    expect((await takeAll(group.reader(0), values.length)).map(({ value }) => String(value))).toEqual(values);
    // Anything else would lie before the last: what was taken is all there is.
    expect(await group.reader(0).take(100, 0)).toEqual([]);
  }
  await group.stop();

  const intake = rig.cluster.newIntake([topic]);
  const seen: string[] = [];
  const end = Promise.withResolvers<void>();
  await intake.start(async (records) => {
    seen.push(...records.map(({ value }) => String(value)));
    if (seen.at(-1) === END) end.resolve();
    return Promise.resolve();
  });
  await end.promise;
  await intake.stop();
  expect(seen).toEqual(['ok', END]);
});

const FILTER = 'the part of the patch in filterAbortedMessages.js';
test.each([
  ['overlapping transactions', 'mmm.dlq', scenarios[1]![2], 0],
  ['a key like an abort marker', 'mmm.triggers', scenarios[4]![2], 0],
  ['a fetch that begins inside two of them', 'mmm.admin_config', everyKind, INSIDE_BOTH],
] as const)('the unpatched client still has this fault: %s', async (name, topic, scenario, from) => {
  await play(topic, scenario);
  const seen = await consumed(rig.unpatchedKafka(), topic, from);
  expectFault(
    seen.some((value) => value.endsWith('x')),
    `aborted records are shown: ${name}`,
    FILTER,
  );
});
