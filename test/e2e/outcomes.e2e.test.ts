import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type EngineProcess, waitFor } from './support/engine-process.ts';
import { install, type Installation } from './support/installation.ts';
import { type Decoded, type Outputs, readOutputs, receiptVerifies, settled } from './support/outputs.ts';
import { commits, sinCommit } from './support/signals.ts';
import { createAvroReader, produce, readTopic } from './support/topics.ts';

const ACTORS = 10;
const SIGNALS = commits(ACTORS, 3);

let installation: Installation;
let engine: EngineProcess;
let outputs: Outputs;

beforeAll(async () => {
  installation = await install();
  engine = await installation.start().ready();
  await produce(installation.brokers, installation.topic('pm3.signals.normalized'), SIGNALS);
  await settled(installation, SIGNALS.length);
  outputs = await readOutputs(installation);
});
afterAll(async () => await installation?.remove());

interface Report {
  readonly key: string;
  readonly value: string;
  readonly outcomeId: string;
}

/** As a consumer of the delivery topic reports it. */
const reportOn = (delivery: Decoded, change: Readonly<Record<string, unknown>> = {}): Report => {
  const outcome_id = randomUUID();
  const { tenant_id, decision_id, action_id, actor_id } = delivery.body;
  const about = { tenant_id, decision_id, action_id, actor_id, result: 'shown', occurred_at: new Date().toISOString() };
  return {
    key: String(actor_id),
    value: JSON.stringify({ outcome_id, ...about, ...change }),
    outcomeId: outcome_id,
  };
};
const send = async (...reports: readonly Report[]): Promise<void> =>
  await produce(installation.brokers, installation.topic('mmm.outcome_reports'), reports);
const onFile = async (): Promise<number> =>
  Number((await installation.database.query<{ n: string }>('SELECT count(*) AS n FROM mmm_outcomes')).rows[0]!.n);
const events = async (): Promise<Record<string, unknown>[]> => {
  const decode = createAvroReader(installation.addresses.SCHEMA_REGISTRY_URL);
  const records = await readTopic(installation.brokers, installation.topic('mmm.outcomes'));
  expect(new Set(records.map(({ key }) => key))).toEqual(new Set(['acme']));
  return await Promise.all(records.map(async ({ value }) => await decode(value!)));
};
const outcomeIds = (all: readonly Record<string, unknown>[]): string[] =>
  all.map(({ payload }) => String((payload as Record<string, unknown>)['outcome_id'])).sort();

test('a report on the topic is one event and one receipt, however often it comes; what can not be believed is a dead letter (D-14, D-73)', async () => {
  const [one, two, three] = outputs.deliveries as [Decoded, Decoded, Decoded];
  const good = [
    reportOn(one, { result: 'accepted' }),
    reportOn(two, { result: 'dismissed', reason: 'not_useful' }),
    reportOn(three),
  ];
  const bad = [
    reportOn(one, { tenant_id: 'other' }),
    reportOn(one, { actor_id: 'dev9' }),
    reportOn(one, { action_id: two.body['action_id'] }),
    reportOn(one, { result: 'BANANA' }),
    reportOn(three, { result: 'failed' }),
    reportOn(one, { result: 'dismissed', reason: 'after all' }),
  ];
  await send(...good);
  // The other ones after the good ones are on file: one of them contradicts what was accepted.
  await waitFor('three outcomes', async () => ((await onFile()) === good.length ? true : null));
  await send(...bad, ...good, ...good);
  const letters = await waitFor('six dead letters', async () => {
    const found = await readTopic(installation.brokers, installation.topic('mmm.dlq'));
    return found.length >= bad.length ? found : null;
  });
  expect(letters.map(({ headers }) => headers['mmm-dlq-code']).sort()).toEqual([
    'CONFLICT',
    'RESOURCE_NOT_FOUND',
    'RESOURCE_NOT_FOUND',
    'RESOURCE_NOT_FOUND',
    'SCHEMA_VIOLATION',
    'SCHEMA_VIOLATION',
  ]);
  expect(new Set(letters.map(({ value }) => value?.toString()))).toEqual(new Set(bad.map(({ value }) => value)));
  await settled(installation, SIGNALS.length + good.length);
  await waitFor('all of the repeats', async () => {
    const repeated = await engine.metric('mmm_records_total', { stage: 'outcomes', outcome: 'repeated' });
    return repeated === 2 * good.length ? true : null;
  });
  expect(outcomeIds(await events())).toEqual(good.map(({ outcomeId }) => outcomeId).sort());
  const receipts = (await readOutputs(installation)).receipts.filter(
    ({ body }) => (body['inputs'] as Record<string, unknown>)['kind'] === 'outcome',
  );
  expect(receipts).toHaveLength(good.length);
  for (const { body } of receipts) expect(receiptVerifies(body, installation.receiptKey)).toBe(true);
  expect(await engine.metric('mmm_outcomes_total', { result: 'accepted' })).toBe(1);
});

test('the dismissed advice stays away from its actor, with the reason in the decision', async () => {
  const actorId = String(outputs.deliveries[1]!.body['actor_id']);
  const before = await readOutputs(installation);
  await produce(installation.brokers, installation.topic('pm3.signals.normalized'), [sinCommit(actorId)]);
  await settled(installation, SIGNALS.length + 3 + 1);
  const after = await readOutputs(installation);
  expect(after.deliveries).toHaveLength(before.deliveries.length);
  const known = new Set(before.decisions.map(({ body }) => body['decision_id']));
  const [decision] = after.decisions.filter(({ body }) => !known.has(body['decision_id']));
  expect(decision?.body['candidates']).toMatchObject([{ disposition: 'suppressed', reason_code: 'dismissed_before' }]);
});

test('kill -9 in the middle of many reports: the next start has each of them once', async () => {
  const before = await onFile();
  const reports = outputs.deliveries
    .slice(3)
    .flatMap((delivery) => [reportOn(delivery), reportOn(delivery, { result: 'ignored' })]);
  await send(...reports);
  await waitFor('the first of them', async () => ((await onFile()) > before + 3 ? true : null));
  await engine.end('SIGKILL');
  engine = await installation.start().ready();
  await waitFor('all of them', async () => ((await onFile()) === before + reports.length ? true : null));
  await settled(installation, SIGNALS.length + 1 + before + reports.length);
  const ids = outcomeIds(await events());
  expect(ids).toHaveLength(before + reports.length);
  expect(new Set(ids).size).toBe(ids.length);
});
