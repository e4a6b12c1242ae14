import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { javaDecode } from '../infra/avro-peer.ts';
import { createTopics, testStack, uniqueName } from '../infra/stack.ts';
import { testWithJava } from '../infra/test-with-java.ts';
import type { EngineProcess } from './support/engine-process.ts';
import { install, type Installation } from './support/installation.ts';
import { expectExactlyOnce, type Outputs, readOutputs, receiptVerifies, settled } from './support/outputs.ts';
import { commits, type Sent, ubiSignal } from './support/signals.ts';
import { produce, readTopic } from './support/topics.ts';

const ACTORS = 20;
const SIN: readonly Sent[] = commits(ACTORS, 10);
const UBI: readonly Sent[] = Array.from({ length: 40 }, (_, index) => ubiSignal(`ubi${index % 4}`));

let installation: Installation;
let engine: EngineProcess;
let outputs: Outputs;

beforeAll(async () => {
  installation = await install();
  // The first members that a new broker ever has are told to come back, with warnings: this is about a usual day.
  await (await installation.start().ready()).end();
  engine = await installation.start().ready();
  await produce(installation.brokers, installation.topic('pm3.signals.normalized'), SIN);
  await produce(installation.brokers, installation.topic('ubi.behavioural_signals'), UBI);
  await settled(installation, SIN.length + UBI.length);
  outputs = await readOutputs(installation);
});
afterAll(async () => await installation?.remove());

test('every SIN and UBI record is one decision, one delivery and one receipt, in the order of its actor', async () => {
  expect(outputs.deadLetters).toEqual([]);
  await expectExactlyOnce(installation, [...SIN, ...UBI], outputs);
  expect(outputs.deliveries.every(({ topic }) => topic === installation.topic('mmm.delivery.ide'))).toBe(true);
});

testWithJava(
  "Apache's Avro for Java reads every record with the schema that the registry has for its id, as what the others here compare",
  async () => {
    const written = [...outputs.decisions, ...outputs.deliveries];
    const read = await javaDecode(
      installation.addresses.SCHEMA_REGISTRY_URL,
      written.map(({ value }) => value!),
    );
    expect(read).toEqual(written.map(({ body }) => JSON.parse(JSON.stringify(body)) as unknown));
    expect(read).toHaveLength(2 * (SIN.length + UBI.length));
  },
);

test('receipts verify with node:crypto alone, and one changed value does not', () => {
  for (const { body } of outputs.receipts) expect(receiptVerifies(body, installation.receiptKey)).toBe(true);
  const { body } = outputs.receipts[0]!;
  expect(receiptVerifies({ ...body, gate_id: 'other' }, installation.receiptKey)).toBe(false);
});

test('outputs carry the headers of the interface and say what their body says', async () => {
  const named = ['mmm-decision-id', 'mmm-outbox', 'mmm-schema', 'mmm-signal-id', 'mmm-tenant-id'];
  const numbers = new Map<string, Set<string>>();
  for (const record of [...outputs.decisions, ...outputs.deliveries, ...outputs.receipts]) {
    expect(Object.keys(record.headers)).toEqual(expect.arrayContaining(named));
    expect(record.headers['mmm-tenant-id']).toBe('acme');
    expect(record.key).toMatch(/^acme\|(dev|ubi)\d+$/);
    const [shard, number] = record.headers['mmm-outbox']!.split(':');
    expect(shard).toBe(String(record.partition));
    numbers.set(shard!, (numbers.get(shard!) ?? new Set()).add(number!));
  }
  for (const { headers, body } of outputs.decisions) expect(headers['mmm-decision-id']).toBe(body['decision_id']);
  for (const { headers, body } of outputs.deliveries) expect(headers['mmm-reason']).toBe(body['reason']);
  // What defined the tenant went out by its shard too.
  for (const { headers } of await readTopic(installation.brokers, installation.topic('mmm.admin_config'))) {
    const [shard, number] = headers['mmm-outbox']!.split(':');
    numbers.set(shard!, (numbers.get(shard!) ?? new Set()).add(number!));
  }
  // Gapless: as many numbers as rows, and the highest is their count.
  for (const [, seen] of numbers) expect(Math.max(...[...seen].map(Number))).toBe(seen.size);
});

test('an actor is on the partition where the Java client would look for it', async () => {
  const topic = `${uniqueName('murmur')}`;
  const partitions = 6;
  await createTopics([{ topic, partitions }]);
  const keys = [...new Set(outputs.decisions.map(({ key }) => key!))];
  await produce(
    testStack().brokers,
    topic,
    keys.map((key) => ({ key, value: 'v' })),
  );
  const elsewhere = new Map(
    (await readTopic(testStack().brokers, topic)).map(({ key, partition }) => [key, partition]),
  );
  for (const { key, partition } of outputs.decisions) expect(partition).toBe(elsewhere.get(key));
  expect(new Set(elsewhere.values()).size).toBeGreaterThan(1);
});

test('a decision is read over HTTP by its owner, by no other actor, and not by another tenant', async () => {
  const { body } = outputs.decisions[0]!;
  const url = `${await engine.apiUrl()}/v1/mmm`;
  const status = async (path: string, token: string): Promise<number> =>
    (await fetch(`${url}/${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
  const mine = await installation.token('acme', String(body['actor_id']));
  const admin = ['tenant_admin'];
  const foreign = await installation.token('other', String(body['actor_id']), admin);
  for (const path of [`decisions/${String(body['decision_id'])}`, `receipts/${String(body['receipt_id'])}`]) {
    expect(await status(path, mine)).toBe(200);
    expect(await status(path, await installation.token('acme', 'somebody', admin))).toBe(200);
    expect(await status(path, await installation.token('acme', 'somebody'))).toBe(404);
    expect(await status(path, foreign)).toBe(404);
  }
  const list = await fetch(`${url}/decisions`, { headers: { authorization: `Bearer ${foreign}` } });
  expect(await list.json()).toMatchObject({ decisions: [] });
});

test('row level security: the API role sees the rows of the tenant that is set, and none without one', async () => {
  const client = await installation.database.connect();
  const seen = async (): Promise<number> =>
    Number((await client.query<{ count: string }>('SELECT count(*) FROM mmm_decisions')).rows[0]!.count);
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL ROLE mmm_api');
    expect(await seen()).toBe(0);
    await client.query(`SELECT set_config('mmm.tenant', 'other', true)`);
    expect(await seen()).toBe(0);
    await client.query(`SELECT set_config('mmm.tenant', 'acme', true)`);
    expect(await seen()).toBe(SIN.length + UBI.length);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});

test('the counts of the metrics are those of the journal (G1)', async () => {
  const all = SIN.length + UBI.length;
  expect(await engine.metric('mmm_records_total', { stage: 'intake', outcome: 'received' })).toBe(all);
  expect(await engine.metric('mmm_records_total', { stage: 'normalise', outcome: 'normalised' })).toBe(all);
  expect(await engine.metric('mmm_records_total', { stage: 'decide', outcome: 'decided' })).toBe(all);
});

test('SIGTERM ends it with 0 and without a warning in the log', async () => {
  expect(await engine.end()).toEqual({ code: 0, signal: null });
  expect(engine.logs.filter(({ level }) => level !== 'info')).toEqual([]);
});
