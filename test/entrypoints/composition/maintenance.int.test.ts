import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { PromMetrics } from '../../../src/adapters/telemetry/prom-metrics.ts';
import { reportGauges } from '../../../src/entrypoints/composition/maintenance.ts';
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
