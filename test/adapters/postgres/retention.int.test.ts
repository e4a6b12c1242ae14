import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { purgeDecisions, purgeJournal } from '../../../src/adapters/postgres/retention.ts';
import { actor, fresh, next } from '../../contracts/journal-records.ts';
import type { TestDatabase } from './test-database.ts';
import { makeDatabase } from './test-database.ts';

const DAY_MS = 24 * 3_600_000;
let database: TestDatabase;
beforeAll(async () => {
  database = await makeDatabase();
});
afterAll(async () => {
  await database.drop();
});

test('journal rows go after 30 days, decisions after 90 unless held, and outcomes of a deleted decision stay', async () => {
  const journal = new PostgresJournal(database.pipeline, {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
  });
  const { epoch } = await journal.openShard(0);
  const ages = { old: 100, held: 100, middle: 40, young: 1 };
  const actors = Object.entries(ages).map(([name, days]) =>
    next(fresh(actor(name)), { atMs: Date.now() - days * DAY_MS, signalId: name }),
  );
  await journal.commit({ shard: 0, epoch, actors });
  // Back to the time when the row would have been written; the pipeline itself may not, so as the owner with the checks off.
  await database.owner.query('ALTER TABLE mmm_decisions NO FORCE ROW LEVEL SECURITY');
  await database.owner.query('UPDATE mmm_decisions SET created_at = decided_at');
  await database.owner.query(`UPDATE mmm_decisions SET legal_hold = true WHERE signal_id = 'held'`);
  await database.owner.query('ALTER TABLE mmm_decisions FORCE ROW LEVEL SECURITY');
  await database.pipeline.query(
    `INSERT INTO mmm_outcomes (tenant_id, outcome_id, actor_id, decision_id, action_id, result, occurred_at)
     VALUES ('acme', 'o', 'old', 'decision-of-old', 'action-of-old', 'accepted', now())`,
  );

  expect(await purgeJournal(database.pipeline)).toBe(3);
  expect(await purgeDecisions(database.pipeline)).toBe(1);
  const names = async (table: string, column: string): Promise<string[]> =>
    (await database.pipeline.query<{ name: string }>(`SELECT ${column} AS name FROM ${table} ORDER BY 1`)).map(
      (row) => row.name,
    );
  expect(await names('mmm_journal', 'signal_id')).toEqual(['young']);
  expect(await names('mmm_decisions', 'signal_id')).toEqual(['held', 'middle', 'young']);
  expect(await names('mmm_actions', 'decision_id')).toEqual([
    'decision-of-held',
    'decision-of-middle',
    'decision-of-young',
  ]);
  expect(await names('mmm_outcomes', 'outcome_id')).toEqual(['o']);
});

test('the newest entry that was deleted of each actor is remembered: the first that is kept stands on its digest', async () => {
  const digest = (n: number): string => String(n).repeat(64);
  // A member within a text that looks like it, and a character that no JSON operator takes.
  const facts = (n: number): string => JSON.stringify({ r: { branch: '"c":"\u0000' }, s: [], c: digest(n) });
  const entry = async (version: number, days: number): Promise<void> => {
    await database.pipeline.query(
      `INSERT INTO mmm_journal (tenant_id, actor_id, version, kind, signal_id, result, at_ms, decided_at_ms, facts)
       VALUES ('acme', 'long', $1::integer, 'signal', 'long-' || ($1::integer)::text, 'no_match', 0, $2, $3::json)`,
      [version, Date.now() - days * DAY_MS, facts(version)],
    );
  };
  const remembered = async () =>
    await database.pipeline.query<{ version: number; chain: string }>(
      `SELECT version, chain FROM mmm_journal_purged WHERE actor_id = 'long'`,
    );
  await entry(1, 50);
  await entry(2, 40);
  await entry(3, 5);
  expect(await purgeJournal(database.pipeline)).toBe(2);
  expect(await remembered()).toEqual([{ version: 2, chain: digest(2) }]);
  await entry(4, 35);
  await purgeJournal(database.pipeline);
  expect(await remembered()).toEqual([{ version: 4, chain: digest(4) }]);
  await entry(1, 50);
  await purgeJournal(database.pipeline);
  expect(await remembered()).toEqual([{ version: 4, chain: digest(4) }]);
});
