import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { SILENT_LOGGER } from '../../../src/entrypoints/cli/silent-logger.ts';
import { PromMetrics } from '../../../src/adapters/telemetry/prom-metrics.ts';
import { keepMaintained, reportGauges } from '../../../src/entrypoints/composition/maintenance.ts';
import type { TestDatabase } from '../../adapters/postgres/test-database.ts';
import { makeDatabase } from '../../adapters/postgres/test-database.ts';
import { fresh, next } from '../../contracts/journal-records.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await makeDatabase();
});
afterAll(async () => await database.drop());

test('mmm_outbox_unpublished is what waits in all shards, and falls with what is published', async () => {
  const metrics = new PromMetrics();
  const unpublished = async (): Promise<unknown> => {
    await reportGauges({ reportLag: () => Promise.resolve() }, { pipeline: database.pipeline }, metrics);
    return (await metrics.registry.getMetricsAsJSON()).find(({ name }) => name === 'mmm_outbox_unpublished')?.values;
  };
  const journal = new PostgresJournal(database.pipeline, {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
  });
  const { epoch } = await journal.openShard(0);
  expect(await unpublished()).toMatchObject([{ value: 0 }]);
  await journal.commit({ shard: 0, epoch, actors: [next(fresh(), { count: 3 })] });
  await journal.commit({ shard: 1, epoch: null, actors: [next(fresh(), { count: 2 })] });
  expect(await unpublished()).toMatchObject([{ value: 5 }]);
  await journal.published(0, epoch, 2n);
  expect(await unpublished()).toMatchObject([{ value: 3 }]);
});

test('every hour each table loses what has outlived its time and nothing else', async () => {
  const ages = [
    [
      'mmm_journal (tenant_id, actor_id, version, kind, signal_id, result, at_ms, facts, decided_at_ms)',
      `'t', 'a', n, 'signal', 's' || n, 'no_match', 0, '{}', (extract(epoch FROM at) * 1000)::bigint`,
      32,
    ],
    [
      'mmm_decisions (tenant_id, decision_id, signal_id, actor_id, decided_at, body, trace, "read", receipt_id, receipt, created_at)',
      `'t', 'd' || n, 's' || n, 'a', at, '', '', '', '', '', at`,
      91,
    ],
    [
      'mmm_deferrals (tenant_id, deferral_id, actor_id, decision_id, action_id, attempt, due_at, expires_at, status, facts, created_at)',
      `'t', 'f' || n, 'a', 'd', 'x', 1, at, at, 'done', '{}', at`,
      32,
    ],
    ['mmm_endings (tenant_id, matter, actor_id, at_ms, facts, created_at)', `'t', 'm' || n, 'a', 0, '{}', at`, 9],
    [
      'mmm_outcomes (tenant_id, outcome_id, actor_id, decision_id, action_id, result, occurred_at, legal_hold, created_at)',
      `'t', 'o' || n, 'a', 'd', 'x', 'shown', at, n = 2, at`,
      366,
    ],
  ] as const;
  for (const [into, values, days] of ages) {
    // Rows 1 and 2 are past their time, 3 is not.
    await database.owner.query(`SET ROLE mmm_pipeline; INSERT INTO ${into} SELECT ${values}
      FROM (SELECT n, now() - (${days} - 2 * (n / 3)) * interval '1 day' AS at FROM generate_series(1, 3) n) r; RESET ROLE`);
  }
  const hourly: (() => Promise<unknown>)[] = [];
  const stopped: number[] = [];
  const log = { reportLag: () => Promise.resolve(), maintain: () => Promise.resolve() };
  const stop = keepMaintained(log, database as never, new PromMetrics(), SILENT_LOGGER, (everyMs, work) => {
    if (everyMs === 3_600_000) hourly.push(work);
    return () => stopped.push(everyMs);
  });
  for (const work of hourly) await work();
  const left = await database.pipeline.query<{ id: string }>(`
    SELECT signal_id AS id FROM mmm_journal WHERE tenant_id = 't' UNION ALL SELECT decision_id FROM mmm_decisions WHERE tenant_id = 't'
    UNION ALL SELECT deferral_id FROM mmm_deferrals UNION ALL SELECT matter FROM mmm_endings UNION ALL SELECT outcome_id FROM mmm_outcomes ORDER BY 1`);
  // An outcome under legal hold stays.
  expect(left.map(({ id }) => id)).toEqual(['d3', 'f3', 'm3', 'o2', 'o3', 's3']);
  stop();
  expect(stopped).toEqual([15_000, 60_000, 3_600_000, 3_600_000, 3_600_000]);
});
