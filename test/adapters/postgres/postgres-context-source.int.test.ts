import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PostgresContextSource } from '../../../src/adapters/postgres/postgres-context-source.ts';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { INCIDENT_STALE_MS } from '../../../src/domain/context/context-facts.ts';
import { contextSourceContract } from '../../contracts/context-source.ts';
import { actor, fresh, next } from '../../contracts/journal-records.ts';
import type { TestDatabase } from './test-database.ts';
import { makeDatabase } from './test-database.ts';

const NOW = Date.parse('2026-05-06T12:00:00Z');
let monotonic = 0;
const clock = { now: () => NOW, monotonicMs: () => monotonic };

contextSourceContract('PostgreSQL', async () => {
  const database = await makeDatabase();
  return {
    journal: new PostgresJournal(database.pipeline, clock),
    source: () => new PostgresContextSource(database.pipeline, clock),
    nowMs: NOW,
    close: () => database.drop(),
  };
});

let database: TestDatabase;
let journal: PostgresJournal;
beforeAll(async () => {
  database = await makeDatabase();
  journal = new PostgresJournal(database.pipeline, clock);
});
afterAll(async () => {
  await database.drop();
});

const commit = async (tenant: string, atMs: number, id: string | null): Promise<void> => {
  const { epoch } = await journal.openShard(0);
  const one = next(fresh(actor(undefined, tenant)));
  const context =
    id === null ? {} : { context: { id, kind: 'incident', open: true, repo: null, severity: 'high' } as const };
  const entries = one.entries.map((entry) => ({ ...entry, atMs, ...context }));
  await journal.commit({ shard: 0, epoch, actors: [{ ...one, entries }] });
};

test('what was loaded serves for half a minute and not a moment longer (R-20)', async () => {
  const source = new PostgresContextSource(database.pipeline, clock);
  await commit('fresh', NOW - 1, 'INC-1');
  expect(source.current('fresh')).toBeUndefined();
  await source.load('fresh');
  await commit('fresh', NOW, 'INC-2');
  monotonic += 29_999;
  expect(source.current('fresh')?.incidents).toHaveLength(1);
  monotonic += 1;
  expect(source.current('fresh')).toBeUndefined();
  expect((await source.load('fresh')).incidents).toHaveLength(2);
});

test('many askers are one question, and memory is bounded', async () => {
  let asked = 0;
  const counting: typeof database.pipeline = {
    ...database.pipeline,
    query: async <Row>(text: string, values?: readonly unknown[]) => {
      asked += 1;
      return await database.pipeline.query<Row>(text, values);
    },
  };
  const source = new PostgresContextSource(counting, clock);
  await Promise.all(Array.from({ length: 10 }, async () => await source.load('crowd')));
  expect(asked).toBe(1);
  for (let i = 0; i < 1_000; i++) await source.load(`crowd-${i}`);
  expect(source.current('crowd')).toBeUndefined();
  expect(source.current('crowd-0')).toBeDefined();
});

test('what is too old to be open is not read', async () => {
  await commit('old', NOW - INCIDENT_STALE_MS - 1, 'INC-1');
  const source = new PostgresContextSource(database.pipeline, clock);
  expect((await source.load('old')).incidents).toEqual([]);
});

test('among many other rows the context is found by its index', async () => {
  const { epoch } = await journal.openShard(1);
  const others = Array.from({ length: 300 }, () => next(fresh(actor(undefined, 'busy')), { count: 3 }));
  await journal.commit({ shard: 1, epoch, actors: others });
  await commit('busy', NOW, 'INC-1');
  await database.owner.query('ANALYZE mmm_journal');
  const plan = await database.pipeline.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN SELECT at_ms, facts FROM mmm_journal
      WHERE tenant_id = 'busy' AND at_ms >= 0 AND facts::text LIKE '{"x":%' ORDER BY at_ms DESC LIMIT 5000`,
  );
  expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('mmm_journal_context');
});
