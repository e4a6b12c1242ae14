import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { TenantRules } from '../../../src/domain/rules.ts';
import { Definitions } from '../../../src/adapters/postgres/definitions.ts';
import { PostgresRulesSource } from '../../../src/adapters/postgres/postgres-rules-source.ts';
import type { StoredRules } from '../../../src/adapters/postgres/postgres-rules-source.ts';
import { silent } from './silent-logger.ts';
import type { TestDatabase } from './test-database.ts';
import { makeDatabase } from './test-database.ts';

let database: TestDatabase;
let definitions: Definitions;
let source: PostgresRulesSource;
let compiled: { tenantId: string; stored: StoredRules }[] = [];
let nowMs = 0;

beforeAll(async () => {
  database = await makeDatabase();
  definitions = new Definitions(database);
});
afterAll(async () => {
  await database.drop();
});
beforeEach(() => {
  compiled = [];
  source = new PostgresRulesSource({
    database: database.pipeline,
    // What comes out is not this adapter's business: the input goes through as it is.
    compile: (tenantId, stored) => {
      compiled.push({ tenantId, stored });
      return { snapshotHash: `${tenantId}@${stored.policyVersion}` } as TenantRules;
    },
    clock: { monotonicMs: () => nowMs },
    logger: silent,
  });
});
afterEach(() => {
  source.stop();
});
const until = async (condition: () => boolean): Promise<void> => {
  const end = performance.now() + 20_000;
  while (!condition() && performance.now() < end) await new Promise(setImmediate);
  expect(condition()).toBe(true);
};

test('an unknown tenant is null, and asked for again after a short time', async () => {
  expect(source.current('unknown')).toBeUndefined();
  expect(await source.load('unknown')).toBeNull();
  expect(source.current('unknown')).toBeNull();
  nowMs += 5_001;
  expect(source.current('unknown')).toBeUndefined();
});

test('loads the latest policy and the published playbooks only, one load for many askers (D-101 drafts too, anew for each decision)', async () => {
  await definitions.upsertTenantPolicy('t1', { id: 't1', n: 1 }, 'test');
  await definitions.upsertTenantPolicy('t1', { id: 't1', n: 2 }, 'test');
  await definitions.upsertTenantPolicy('t2', { id: 't2' }, 'test');
  for (const id of ['draft', 'live', 'old']) await definitions.importPlaybook('t1', id, { id }, 'test');
  await definitions.importPlaybook('t2', 'foreign', { id: 'foreign' }, 'test');
  await definitions.publishPlaybook('t2', 'foreign', 1, 'test');
  await definitions.publishPlaybook('t1', 'live', 1, 'test');
  await definitions.publishPlaybook('t1', 'old', 1, 'test');
  await definitions.importPlaybook('t1', 'old', { id: 'old', v: 2 }, 'test');
  await definitions.publishPlaybook('t1', 'old', 2, 'test');
  await Promise.all(Array.from({ length: 10 }, async () => await source.load('t1')));
  expect(compiled).toEqual([
    {
      tenantId: 't1',
      stored: {
        policy: { id: 't1', n: 2 },
        policyVersion: 2,
        playbooks: [
          { version: 1, document: { id: 'live' }, onProbation: false },
          { version: 2, document: { id: 'old', v: 2 }, onProbation: false },
        ],
        experiments: [],
      },
    },
  ]);
  expect(source.current('t1')).toMatchObject({ snapshotHash: 't1@2' });
});

test('a change is seen without waiting for the refresh', async () => {
  source.start();
  const listening = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN mmm_rules' AND state = 'idle'`;
  while ((await database.owner.query(listening)).length === 0) await new Promise(setImmediate);
  await definitions.upsertTenantPolicy('t3', { id: 't3', n: 1 }, 'test');
  await source.load('t3');
  await definitions.upsertTenantPolicy('t3', { id: 't3', n: 2 }, 'test');
  await until(() => source.current('t3') === undefined);
  expect(await source.load('t3')).toMatchObject({ snapshotHash: 't3@2' });
});

test('without a notification a change is seen after the refresh time, and the old rules serve until then', async () => {
  await definitions.upsertTenantPolicy('t4', { id: 't4', n: 1 }, 'test');
  await source.load('t4');
  await definitions.upsertTenantPolicy('t4', { id: 't4', n: 2 }, 'test');
  nowMs += 59_000;
  expect(source.current('t4')).toMatchObject({ snapshotHash: 't4@1' });
  expect(compiled).toHaveLength(1);
  nowMs += 2_000;
  expect(source.current('t4')).toMatchObject({ snapshotHash: 't4@1' });
  await until(() => compiled.length === 2);
  expect(source.current('t4')).toMatchObject({ snapshotHash: 't4@2' });
});

test('memory is bounded: the tenant not used for longest goes (D-100 a cache without bound)', async () => {
  for (let i = 0; i < 1_001; i++) await source.load(`crowd-${i}`);
  expect(source.current('crowd-0')).toBeUndefined();
  expect(source.current('crowd-1')).toBeNull();
});
