import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readOnly } from '../../../src/adapters/postgres/read-only.ts';
import { PostgresPlanStore } from '../../../src/adapters/postgres/replay-plans.ts';
import { planStoreContract } from '../../contracts/replay-plans.ts';
import { makeDatabase, type TestDatabase } from './test-database.ts';

planStoreContract('PostgreSQL', async () => {
  const database = await makeDatabase();
  return { store: new PostgresPlanStore(database.api), close: async () => await database.drop() };
});

let database: TestDatabase;
beforeAll(async () => {
  database = await makeDatabase();
});
afterAll(async () => {
  await database.drop();
});

const asTenant = async <Row>(text: string): Promise<readonly Row[]> =>
  await database.api.transaction(async (tx) => {
    await tx.query(`SELECT set_config('mmm.tenant', 'acme', true)`);
    return await tx.query<Row>(text);
  });

test('every step is in the audit, with both people', async () => {
  const store = new PostgresPlanStore(database.api);
  const plan = { tenantId: 'acme', planId: 'rp-1', document: '{}', digest: 'sha256:d', plannedBy: 'ann' };
  await store.insert({ ...plan, plannedAtMs: await store.now() });
  await store.approve('acme', 'rp-1', { by: 'bob', atMs: await store.now(), approval: 'sig' });
  await store.start('acme', 'rp-1', { runner: 'r', by: 'cli:op', atMs: await store.now() });
  await store.finish('acme', 'rp-1', 'r', await store.now());
  const lines = await asTenant<{ who: string; what: string; details: Record<string, unknown> }>(
    'SELECT who, what, details FROM mmm_audit ORDER BY audit_id',
  );
  expect(lines.map(({ who, what }) => [who, what])).toEqual([
    ['ann', 'replay_planned'],
    ['bob', 'replay_approved'],
    ['cli:op', 'replay_run_started'],
    ['cli:op', 'replay_run_finished'],
  ]);
  expect(lines.at(-1)?.details).toMatchObject({ planned_by: 'ann', approved_by: 'bob', digest: 'sha256:d' });
});

test('what was planned can not be rewritten, and nobody can be both people', async () => {
  for (const column of ['document', 'digest', 'planned_by'])
    await expect(asTenant(`UPDATE mmm_replay_plans SET ${column} = 'x'`)).rejects.toMatchObject({
      details: { sqlstate: '42501' },
    });
  await expect(asTenant(`UPDATE mmm_replay_plans SET approved_by = 'ann'`)).rejects.toMatchObject({
    details: { sqlstate: '23514' },
  });
  await expect(asTenant('DELETE FROM mmm_replay_plans')).rejects.toMatchObject({ details: { sqlstate: '42501' } });
});

test('what a shadow holds of the log and the outbox takes nothing', async () => {
  const reading = readOnly(database.pipeline);
  expect(await reading.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  for (const text of [
    `INSERT INTO mmm_outbox (shard, number, topic, headers) VALUES (0, 1, 'mmm.decisions', '{}')`,
    `INSERT INTO mmm_log_heads (topic, "partition") VALUES ('mmm.decisions', 0)`,
    `SELECT mmm_log_append('', 0, ARRAY['mmm.decisions'], ARRAY[0], ARRAY[1], ARRAY[0], ARRAY[-1], ARRAY[-1])`,
  ])
    await expect(reading.query(text)).rejects.toMatchObject({ details: { sqlstate: '25006' } });
});
