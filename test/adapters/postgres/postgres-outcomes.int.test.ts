import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { actor, foldOne, fresh, next, outboxTexts } from '../../contracts/journal-records.ts';
import { outcomeJournalContract, outcomeOf } from '../../contracts/outcome-journal.ts';
import type { TestDatabase } from './test-database.ts';
import { makeDatabase } from './test-database.ts';

const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };

outcomeJournalContract('PostgreSQL', async () => {
  const database = await makeDatabase();
  return { journal: new PostgresJournal(database.pipeline, clock), close: async () => await database.drop() };
});

describe('outcomes on PostgreSQL', () => {
  let database: TestDatabase;
  let journal: PostgresJournal;
  let shards = 0;
  beforeAll(async () => {
    database = await makeDatabase();
    journal = new PostgresJournal(database.pipeline, clock);
  });
  afterAll(async () => {
    await database.drop();
  });
  const decidedActor = async () => {
    const shard = shards++;
    const { epoch } = await journal.openShard(shard);
    const decided = next(fresh(actor(randomUUID())));
    await journal.commit({ shard, epoch, actors: [decided] });
    return { shard, epoch, decided, stands: await foldOne(journal, decided.key) };
  };

  test('the row keeps times to the millisecond, the receipt as its exact text, and is not the journal of signals', async () => {
    const { shard, decided, stands } = await decidedActor();
    const commit = outcomeOf(shard, stands, decided);
    await journal.commitOutcome(commit);
    const [row] = await database.pipeline.query(
      `SELECT receipt_id, receipt, reason, (extract(epoch FROM occurred_at) * 1000)::text AS occurred,
              (extract(epoch FROM created_at) * 1000)::text AS recorded FROM mmm_outcomes WHERE outcome_id = $1`,
      [commit.outcome.outcomeId],
    );
    expect(row).toEqual({
      receipt_id: commit.outcome.receiptId,
      receipt: commit.receipt,
      reason: commit.outcome.reason,
      occurred: `${commit.outcome.occurredAtMs}.000000`,
      recorded: `${commit.outcome.recordedAtMs}.000000`,
    });
    // A signal of the same name as the producer's outcome id is no duplicate of it.
    const { outcomeId } = commit.outcome;
    expect((await journal.knownSignals([{ tenantId: 'acme', signalId: outcomeId }])).size).toBe(0);
  });

  test('above 100,000 waiting rows an outcome is refused as OVERLOADED and nothing of it is written', async () => {
    const { shard, epoch, decided, stands } = await decidedActor();
    await journal.published(shard, epoch, 0n);
    await database.owner.query('UPDATE mmm_shards SET next_number = 100002 WHERE shard = $1', [shard]);
    await expect(journal.commitOutcome(outcomeOf(shard, stands, decided))).rejects.toMatchObject({
      code: 'OVERLOADED',
    });
    expect(await foldOne(journal, stands.key)).toEqual(stands);
  });

  test('on another timeline an outcome is refused until a session has compared its cursor', async () => {
    const { shard, epoch, decided, stands } = await decidedActor();
    await database.owner.query(`UPDATE mmm_shards SET timeline = 'FFFFFFFF' WHERE shard = $1`, [shard]);
    const commit = outcomeOf(shard, stands, decided);
    await expect(journal.commitOutcome(commit)).rejects.toMatchObject({ code: 'DATABASE_WENT_BACK' });
    await journal.accepted(shard, epoch, 0n);
    expect((await journal.commitOutcome(commit)).status).toBe('committed');
  });

  test('one outcome id at once through two shards is stored once, and no commit fails', async () => {
    for (let round = 0; round < 15; round++) {
      const pair = [await decidedActor(), await decidedActor()];
      const outcomeId = `race-${round}`;
      const answers = await Promise.all(
        pair.map(
          async ({ shard, stands, decided }) =>
            await journal.commitOutcome(outcomeOf(shard, stands, decided, { outcomeId })),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual(['committed', 'conflict']);
      const texts = await Promise.all(pair.map(async ({ shard }) => await outboxTexts(journal, shard, 1n)));
      expect(texts.map((rows) => rows.length).sort()).toEqual([0, 2]);
    }
  });

  test('the role of HTTP reads can not record one past the use case', async () => {
    const { shard, decided, stands } = await decidedActor();
    const asApi = new PostgresJournal(database.api, clock);
    await expect(asApi.commitOutcome(outcomeOf(shard, stands, decided))).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
      details: { sqlstate: '42501' },
    });
  });
});
