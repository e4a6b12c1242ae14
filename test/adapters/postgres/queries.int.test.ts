import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DecisionFilter } from '../../../src/admin/ports/decision-reader.ts';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { PostgresDecisionReader } from '../../../src/adapters/postgres/queries.ts';
import type { ActorCommit } from '../../../src/pipeline/ports/journal.ts';
import { actor, fresh, next } from '../../contracts/journal-records.ts';
import type { TestDatabase } from './test-database.ts';
import { makeDatabase } from './test-database.ts';

const START_MS = Date.UTC(2026, 10, 1, 12, 0, 0, 123);
const ALL: DecisionFilter = { actorId: null, fromMs: null, toMs: null, after: null, limit: 100 };

let database: TestDatabase;
let reader: PostgresDecisionReader;
const commits: ActorCommit[] = [];
beforeAll(async () => {
  database = await makeDatabase();
  reader = new PostgresDecisionReader(database.api);
  const journal = new PostgresJournal(database.pipeline, {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
  });
  const { epoch } = await journal.openShard(0);
  for (let i = 0; i < 6; i++)
    commits.push(
      next(fresh(actor(`dev${i}`, 'acme')), { atMs: START_MS + Math.floor(i / 2) * 1_000, signalId: `s${i}` }),
    );
  commits.push(next(fresh(actor('dev0', 'other')), { atMs: START_MS, signalId: 's-other' }));
  await journal.commit({ shard: 0, epoch, actors: commits });
});
afterAll(async () => {
  await database.drop();
});

const ids = async (filter: Partial<DecisionFilter>): Promise<string[]> =>
  (await reader.decisions('acme', { ...ALL, ...filter })).map((one) => one.decisionId);
const of = (...numbers: number[]): string[] => numbers.map((i) => `decision-of-s${i}`);

test('newest first, of this tenant only, with time and text as stored', async () => {
  expect(await ids({})).toEqual(of(5, 4, 3, 2, 1, 0));
  const [newest] = await reader.decisions('acme', ALL);
  expect(newest).toEqual({
    decisionId: 'decision-of-s5',
    actorId: 'dev5',
    decidedAtMs: START_MS + 2_000,
    body: commits[5]?.decisions[0]?.body,
  });
  expect(await reader.decisions('nobody', ALL)).toEqual([]);
});

test('pages follow each other without gap or repeat, also within one millisecond', async () => {
  const seen: string[] = [];
  let after: DecisionFilter['after'] = null;
  for (;;) {
    const page = await reader.decisions('acme', { ...ALL, after, limit: 1 });
    const last = page.at(-1);
    if (last === undefined) break;
    seen.push(last.decisionId);
    after = { decidedAtMs: last.decidedAtMs, decisionId: last.decisionId };
  }
  expect(seen).toEqual(of(5, 4, 3, 2, 1, 0));
});

test('actor and time bounds: from is inclusive, to is not', async () => {
  expect(await ids({ actorId: 'dev3' })).toEqual(of(3));
  expect(await ids({ fromMs: START_MS + 1_000, toMs: START_MS + 2_000 })).toEqual(of(3, 2));
});

test('a decision and a receipt by id, to their tenant only, byte for byte (D-94 ids that break when they are read)', async () => {
  const stored = commits[1]?.decisions[0];
  expect(await reader.decision('acme', 'decision-of-s1')).toMatchObject({ actorId: 'dev1', body: stored?.body });
  expect(await reader.receipt('acme', 'receipt-of-s1')).toEqual({
    receiptId: 'receipt-of-s1',
    actorId: 'dev1',
    receipt: Buffer.from(stored?.receipt ?? []).toString('utf8'),
  });
  expect(await reader.decision('other', 'decision-of-s1')).toBeNull();
  expect(await reader.receipt('other', 'receipt-of-s1')).toBeNull();
  expect(await reader.decision('acme', 'decision-of-s-other')).toBeNull();
});

test('a connection that is lost is DATABASE_UNAVAILABLE, and the next call has another', async () => {
  const closed = database.open('mmm_api');
  const away = new PostgresDecisionReader(closed);
  const pending = closed.transaction(async (tx) => {
    const [backend] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await database.owner.query('SELECT pg_terminate_backend($1)', [backend?.pid]);
    await tx.query('SELECT 1');
  });
  await expect(pending).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  expect(await away.decision('acme', 'decision-of-s1')).not.toBeNull();
});

test('the receipt of an outcome by its id, to its tenant only, byte for byte', async () => {
  const insert = `INSERT INTO mmm_outcomes (tenant_id, outcome_id, actor_id, decision_id, action_id, result, occurred_at, receipt_id, receipt)
    VALUES ($1, $2, $3, 'd', 'a', 'accepted', now(), $4, $5)`;
  const text = '{"receipt_id":"receipt-of-o1","text":"\u00e4 \\u0000"}';
  await database.pipeline.query(insert, ['acme', 'o1', 'dev1', 'receipt-of-o1', text]);
  await database.pipeline.query(insert, ['other', 'o2', 'dev1', 'receipt-of-o2', '{}']);
  await database.pipeline.query(insert, ['acme', 'o3', 'dev1', null, null]);
  expect(await reader.receipt('acme', 'receipt-of-o1')).toEqual({
    ...{ receiptId: 'receipt-of-o1', actorId: 'dev1', receipt: text },
  });
  expect(await reader.receipt('other', 'receipt-of-o1')).toBeNull();
  expect(await reader.receipt('acme', 'receipt-of-o2')).toBeNull();
});
