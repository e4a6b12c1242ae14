import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { journalTotals } from '../../../src/adapters/postgres/totals.ts';
import { balanceOf, type Fault } from '../../../src/domain/conservation.ts';
import { define, record, signals, TENANT } from '../../replay/recorded-history.ts';
import { makeDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase;
let released = 0;
beforeAll(async () => {
  database = await makeDatabase();
  await define(database);
  released = await record(database);
});
afterAll(async () => {
  await database.drop();
});

const faults = async (): Promise<[Fault, number][]> => [
  ...(await journalTotals(database.pipeline, TENANT, Date.now())).faults,
];
const run = async (statement: string): Promise<number> => (await database.pipeline.query(statement)).length;

test('a real history adds up, of the tenant and of all; of another tenant there is nothing', async () => {
  const mine = await journalTotals(database.pipeline, TENANT, Date.now());
  expect(balanceOf(mine)).toMatchObject({ signals: signals.length + released, addUp: true });
  expect(mine.decisions).toBe(mine.results.get('decided'));
  expect(mine.published).toBe(mine.decisions);
  const said = [...mine.ends.values()].filter(({ disposition }) => /^(delivered|digested)$/.test(disposition));
  expect(said.reduce((sum, { count }) => sum + count, 0)).toBe(mine.actions);
  expect(said.map(({ disposition }) => disposition)).toContain('digested');
  expect(mine.actions).toBeGreaterThan(20);
  expect(await journalTotals(database.pipeline, null, Date.now())).toEqual(mine);
  expect(balanceOf(await journalTotals(database.pipeline, 'other', Date.now()))).toEqual({
    signals: 0,
    ended: 0,
    addUp: true,
  });
});

// Each on top of the one before: what is lost once stays lost.
test.each<[string, string, Fault]>([
  [
    'a delivery that left the outbox unpublished',
    `DELETE FROM mmm_outbox WHERE (shard, number) IN (SELECT shard, number FROM mmm_outbox WHERE topic LIKE 'mmm.delivery.%' ORDER BY number LIMIT 1) RETURNING 1`,
    'delivery_missing',
  ],
  [
    'a receipt that left the outbox unpublished',
    `DELETE FROM mmm_outbox WHERE (shard, number) IN (SELECT shard, number FROM mmm_outbox WHERE topic = 'mmm.receipts' ORDER BY number LIMIT 1) RETURNING 1`,
    'receipt_not_published',
  ],
  [
    'an action without its row',
    'DELETE FROM mmm_actions WHERE action_id IN (SELECT min(action_id) FROM mmm_actions) RETURNING 1',
    'action_missing',
  ],
  [
    'an entry without its decision',
    'DELETE FROM mmm_decisions WHERE decision_id IN (SELECT max(decision_id) FROM mmm_decisions) RETURNING 1',
    'decision_missing',
  ],
  [
    'a decision without its entry',
    `DELETE FROM mmm_journal WHERE decision_id IN (SELECT min(decision_id) FROM mmm_decisions) RETURNING 1`,
    'journal_missing',
  ],
])('%s is found', async (_what, statement, fault) => {
  const before = await faults();
  expect(before.map(([name]) => name)).not.toContain(fault);
  expect(await run(statement)).toBe(1);
  expect(new Map(await faults()).get(fault)).toBe(1);
});
