import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kafka } from 'kafkajs';
import { install, type Installation } from './support/installation.ts';
import { type Decoded, type Outputs, readOutputs, receiptVerifies, settled } from './support/outputs.ts';
import { replay, tokenFile } from './support/replays.ts';
import { sinCommit } from './support/signals.ts';
import { produce } from './support/topics.ts';

const KILLED_REPLAY = fileURLToPath(new URL('./support/killed-replay.ts', import.meta.url));
/** More than the killed runs get through. */
const ACTORS = 8;
let installation: Installation;
let before: Outputs;
let [ann, bob, eve] = ['', '', ''];

const original = ({ headers }: Decoded): boolean => headers['mmm-replay-of'] === undefined;
const marked = (records: readonly Decoded[], planId: string): Decoded[] =>
  records.filter(({ headers }) => headers['mmm-replay-id'] === planId);
const idsOf = (records: readonly Decoded[], field: string): string[] =>
  records.map(({ body }) => String(body[field])).sort();

/** Planned by one, approved by the other. */
const agreed = async (...args: readonly string[]): Promise<string> => {
  const planned = await replay(installation, 'plan', ...args, '--token-file', ann);
  expect(planned).toMatchObject({ code: 0 });
  const planId = String(planned.json['plan_id']);
  expect(await replay(installation, 'approve', planId, '--token-file', bob)).toMatchObject({ code: 0 });
  return planId;
};

beforeAll(async () => {
  installation = await install();
  const engine = await installation.start().ready();
  // Two of each person about one branch, so that a card has a later revision; another tenant's beside them.
  const sent = Array.from({ length: ACTORS * 2 }, (_, n) => sinCommit(`dev${n % ACTORS}`));
  await produce(installation.brokers, installation.topic('pm3.signals.normalized'), [
    ...sent,
    sinCommit('dev0', 'other'),
  ]);
  await settled(installation, sent.length + 1);
  await engine.end();
  before = await readOutputs(installation);
  [ann, bob] = [await tokenFile(installation, 'acme', 'ann'), await tokenFile(installation, 'acme', 'bob')];
  eve = await tokenFile(installation, 'other', 'eve');
}, 600_000);
afterAll(async () => {
  for (const file of [ann, bob, eve]) await rm(file, { force: true });
  await installation?.remove();
}, 600_000);

test('redeliver, killed in the middle and given again: each card once more, same bytes, marked; nothing of another tenant', async () => {
  const planId = await agreed('redeliver', '--since', '1h', '--rate', '1');
  for (const kill of ['after-publish', 'before-publish', 'after-publish']) {
    const doomed = installation.start({ program: KILLED_REPLAY, args: ['acme', planId, kill, '2'] });
    expect(await doomed.exited).toEqual({ code: null, signal: 'SIGKILL' });
  }
  expect(await replay(installation, 'run', planId, '--tenant', 'other')).toMatchObject({ error: 'RESOURCE_NOT_FOUND' });
  const answer = await replay(installation, 'run', planId, '--tenant', 'acme');
  expect(answer).toMatchObject({ code: 0, json: { done_before: false, report: { sent: ACTORS, dropped: {} } } });

  const after = await readOutputs(installation);
  const again = marked(after.deliveries, planId);
  expect(new Set(idsOf(again, 'delivery_id')).size).toBe(ACTORS);
  expect(again).toHaveLength(ACTORS);
  for (const { body, value, key, headers } of again) {
    const first = before.deliveries.find((one) => one.body['delivery_id'] === body['delivery_id'])!;
    expect(Buffer.compare(value!, first.value!)).toBe(0);
    expect(key).toBe(first.key);
    expect(headers).toEqual({ ...first.headers, 'mmm-replay-id': planId, 'mmm-replay-of': body['delivery_id'] });
    expect([body['tenant_id'], body['revision']]).toEqual(['acme', 2]);
  }
  expect(after.decisions).toHaveLength(before.decisions.length);
  expect(after.deliveries.filter(original)).toHaveLength(before.deliveries.length);

  const [receipt, ...more] = marked(after.receipts, planId);
  expect(more).toEqual([]);
  expect(receiptVerifies(receipt!.body, installation.receiptKey)).toBe(true);
  expect(receipt!.body['inputs']).toMatchObject({ planned_by: 'ann', approved_by: 'bob', plan_id: planId });
}, 600_000);

test('what the outputs have lost is published again from what was decided, and once', async () => {
  const kafka = new Kafka({ clientId: 'e2e', brokers: installation.brokers, logCreator: () => () => undefined });
  const admin = kafka.admin();
  await admin.connect();
  for (const topic of [installation.topic('mmm.decisions'), installation.topic('mmm.delivery.ide')]) {
    const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
      partition,
      offset: high,
    }));
    await admin.deleteTopicRecords({ topic, partitions });
  }
  await admin.disconnect();
  const lost = await readOutputs(installation);
  expect([lost.decisions, lost.deliveries]).toEqual([[], []]);

  const planId = await agreed('reconcile', '--since', '1h', '--rate', '500');
  const answer = await replay(installation, 'run', planId, '--tenant', 'acme');
  expect(answer).toMatchObject({ code: 0, json: { report: { sent: ACTORS * 4, dropped: {} } } });
  const after = await readOutputs(installation);
  const own = ({ body }: Decoded): boolean => body['tenant_id'] === 'acme';
  for (const [field, found, were] of [
    ['decision_id', after.decisions, before.decisions],
    ['delivery_id', after.deliveries, before.deliveries],
  ] as const) {
    expect(idsOf(found, field)).toEqual(idsOf(were.filter(own), field));
    for (const record of found) {
      const first = were.find(({ body }) => body[field] === record.body[field])!;
      expect(record.body).toEqual(first.body);
      expect(record.headers).toMatchObject({ 'mmm-replay-id': planId, 'mmm-replay-of': record.body[field] });
    }
  }
  // The receipts had not been lost: only that of this run is new.
  expect(after.receipts).toHaveLength(lost.receipts.length + 1);

  expect(await replay(installation, 'run', planId, '--tenant', 'acme')).toMatchObject({
    code: 0,
    json: { done_before: true },
  });
  const nothing = await replay(installation, 'plan', 'reconcile', '--since', '1h', '--token-file', ann);
  expect(nothing).toMatchObject({ code: 0, json: { plan_id: null, items: 0 } });
  expect((await readOutputs(installation)).deliveries).toHaveLength(after.deliveries.length);
}, 600_000);

test('a shadow by offset of mmm.signals decides the same again and leaves nothing behind', async () => {
  const counts = async (): Promise<unknown> => {
    const { decisions, deliveries, receipts, deadLetters } = await readOutputs(installation);
    return [decisions.length, deliveries.length, receipts.length, deadLetters.length];
  };
  const untouched = await counts();
  const { rows } = await installation.database.query<{ n: number }>('SELECT count(*)::integer AS n FROM mmm_outbox');
  const plans: Record<string, unknown>[] = [];
  for (const partition of [0, 1]) {
    const offsets = `mmm.signals:${partition}:0-999`;
    const args = ['--rules', 'then', '--offsets', offsets, '--token-file', ann];
    plans.push((await replay(installation, 'plan', 'shadow', ...args)).json);
  }
  const planned = plans.filter(({ plan_id: planId }) => planId !== null);
  for (const { plan_id: planId, items } of planned) {
    await replay(installation, 'approve', String(planId), '--token-file', bob);
    const { json } = await replay(installation, 'run', String(planId), '--tenant', 'acme');
    expect(json['report']).toMatchObject({ rules: 'then', signals: items, same: items, notReplayable: 0 });
  }
  expect(planned.length).toBeGreaterThan(0);
  expect(await counts()).toEqual(untouched);
  const after = await installation.database.query<{ n: number }>('SELECT count(*)::integer AS n FROM mmm_outbox');
  expect(after.rows).toEqual(rows);
}, 600_000);

test('a token of another tenant, and the same person twice, are refused', async () => {
  const planned = await replay(installation, 'plan', 'redeliver', '--since', '1h', '--token-file', ann);
  const planId = String(planned.json['plan_id']);
  expect(await replay(installation, 'approve', planId, '--token-file', eve)).toMatchObject({
    error: 'RESOURCE_NOT_FOUND',
  });
  expect(await replay(installation, 'approve', planId, '--token-file', ann)).toMatchObject({
    error: 'REPLAY_SAME_PERSON',
  });
  expect(await replay(installation, 'run', planId, '--tenant', 'acme')).toMatchObject({ error: 'REPLAY_NOT_APPROVED' });
}, 600_000);
