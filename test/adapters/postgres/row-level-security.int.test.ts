import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Definitions } from '../../../src/adapters/postgres/definitions.ts';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { actor, fresh, next } from '../../contracts/journal-records.ts';
import type { TestDatabase } from './test-database.ts';
import { makeDatabase } from './test-database.ts';

const TENANT_TABLES = [
  'mmm_actors',
  'mmm_journal',
  'mmm_journal_purged',
  'mmm_decisions',
  'mmm_actions',
  'mmm_deferrals',
  'mmm_endings',
  'mmm_open_matters',
  'mmm_outcomes',
  'mmm_playbooks',
  'mmm_playbook_probation',
  'mmm_replay_plans',
  'mmm_tenant_policies',
  'mmm_actor_preferences',
  'mmm_experiments',
  'mmm_dual_channel_approvals',
  'mmm_audit',
];
const DENIED = { code: 'INTERNAL_ERROR', details: { sqlstate: '42501' } };

let database: TestDatabase;
beforeAll(async () => {
  database = await makeDatabase();
  const journal = new PostgresJournal(database.pipeline, {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
  });
  const { epoch } = await journal.openShard(0);
  await journal.commit({ shard: 0, epoch, actors: ['a', 'b'].map((tenant) => next(fresh(actor('one', tenant)))) });
  const definitions = new Definitions(database);
  for (const tenant of ['a', 'b']) {
    await definitions.upsertTenantPolicy(tenant, { id: tenant }, 'test');
    await definitions.importPlaybook(tenant, 'p1', { id: 'p1' }, 'test');
  }
});
afterAll(async () => {
  await database.drop();
});

const asTenant = async <Row>(tenant: string, text: string, values?: readonly unknown[]): Promise<readonly Row[]> =>
  await database.api.transaction(async (tx) => {
    await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenant]);
    return await tx.query<Row>(text, values);
  });
/** Columns that the role may read; mmm_actors has one it may not. */
const columns = (table: string): string =>
  table === 'mmm_actors' ? 'tenant_id, actor_id, version, head, profile' : '*';

test('every table with a tenant has row level security, forced', async () => {
  const rows = await database.owner.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
      WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  expect(rows.map((row) => row.name)).toEqual([...TENANT_TABLES].sort());
  const open = await database.owner.query(
    'SELECT relname FROM pg_class WHERE relname = ANY ($1) AND NOT (relrowsecurity AND relforcerowsecurity)',
    [TENANT_TABLES],
  );
  expect(open).toEqual([]);
});

test.each(TENANT_TABLES)('mmm_api sees nothing of %s without a tenant, and with one only its own', async (table) => {
  const text = `SELECT ${columns(table)} FROM ${table}`;
  expect(await database.api.query(text)).toEqual([]);
  // After a transaction that set it the setting is an empty text, not null.
  const mine = await asTenant<{ tenant_id: string }>('a', text);
  expect(mine.every((row) => row.tenant_id === 'a')).toBe(true);
  expect(await database.api.query(text)).toEqual([]);
  expect(await asTenant('', text)).toEqual([]);
  expect(await asTenant('c', text)).toEqual([]);
});

test('what is there is seen by its own tenant', async () => {
  for (const table of [
    'mmm_actors',
    'mmm_journal',
    'mmm_decisions',
    'mmm_actions',
    'mmm_tenant_policies',
    'mmm_playbooks',
    'mmm_audit',
  ]) {
    const rows = await asTenant<{ tenant_id: string }>('a', `SELECT ${columns(table)} FROM ${table}`);
    expect([table, new Set(rows.map((row) => row.tenant_id))]).toEqual([table, new Set(['a'])]);
  }
});

test('a tenant can not write into another', async () => {
  const insert = `INSERT INTO mmm_audit (tenant_id, who, what, subject, details) VALUES ($1, 'x', 'x', 'x', '{}')`;
  await asTenant('a', insert, ['a']);
  await expect(asTenant('a', insert, ['b'])).rejects.toMatchObject(DENIED);
  await expect(database.api.query(insert, ['a'])).rejects.toMatchObject(DENIED);
  const changed = await asTenant('a', `UPDATE mmm_actors SET head = 'stolen' WHERE tenant_id = 'b' RETURNING actor_id`);
  expect(changed).toEqual([]);
  await expect(
    asTenant(
      'a',
      `INSERT INTO mmm_tenant_policies (tenant_id, version, document, digest, created_by) VALUES ('b', 9, '{}', 'd', 'x')`,
    ),
  ).rejects.toMatchObject(DENIED);
});

test('mmm_api reads no receipt key, no outbox, and runs no commit', async () => {
  await expect(asTenant('a', 'SELECT receipt_key FROM mmm_actors')).rejects.toMatchObject(DENIED);
  await expect(asTenant('a', 'SELECT * FROM mmm_outbox')).rejects.toMatchObject(DENIED);
  await expect(asTenant('a', 'SELECT * FROM mmm_log_records')).rejects.toMatchObject(DENIED);
  const journal = new PostgresJournal(database.api, { now: () => Date.now(), monotonicMs: () => performance.now() });
  await expect(journal.commit({ shard: 0, epoch: null, actors: [] })).rejects.toMatchObject(DENIED);
});

test('mmm_pipeline sees every tenant and writes no definitions', async () => {
  const seen = await database.pipeline.query<{ tenant_id: string }>(
    'SELECT tenant_id FROM mmm_tenant_policies ORDER BY 1',
  );
  expect(seen.map((row) => row.tenant_id)).toEqual(['a', 'b']);
  for (const text of [
    `INSERT INTO mmm_tenant_policies (tenant_id, version, document, digest, created_by) VALUES ('a', 9, '{}', 'd', 'x')`,
    `UPDATE mmm_playbooks SET status = 'published'`,
    `UPDATE mmm_decisions SET body = '{}'`,
    `DELETE FROM mmm_actors`,
    `DELETE FROM mmm_audit`,
  ]) {
    await expect(database.pipeline.query(text)).rejects.toMatchObject(DENIED);
  }
});

test('the owner of the tables is bound too', async () => {
  const bypass = await database.owner.query<{ free: boolean }>(
    'SELECT rolsuper OR rolbypassrls AS free FROM pg_roles WHERE rolname = current_user',
  );
  if (bypass[0]?.free === true) return;
  expect(await database.owner.query('SELECT * FROM mmm_decisions')).toEqual([]);
});

test('a published version can not be rewritten', async () => {
  await expect(asTenant('a', `UPDATE mmm_playbooks SET document = '{}'`)).rejects.toMatchObject(DENIED);
  await expect(asTenant('a', `DELETE FROM mmm_playbooks`)).rejects.toMatchObject(DENIED);
  await expect(
    asTenant('a', `INSERT INTO mmm_actors (tenant_id, actor_id, version, head) VALUES ('b', $1, 1, 'h')`, [
      randomUUID(),
    ]),
  ).rejects.toMatchObject(DENIED);
});
