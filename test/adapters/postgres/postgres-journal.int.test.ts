import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import type { OutputRecord } from '../../../src/pipeline/ports/records.ts';
import { journalContract } from '../../contracts/journal.ts';
import { actor, foldOne, fresh, next, outboxTexts, record, signalText } from '../../contracts/journal-records.ts';
import type { TestDatabase } from './test-database.ts';
import { makeDatabase } from './test-database.ts';

const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };

journalContract('PostgreSQL', async () => {
  const database = await makeDatabase();
  return { journal: new PostgresJournal(database.pipeline, clock), close: async () => await database.drop() };
});

describe('journal on PostgreSQL', () => {
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
  const newShard = async (): Promise<{ shard: number; epoch: bigint }> => {
    const shard = shards++;
    return { shard, epoch: (await journal.openShard(shard)).epoch };
  };

  test('a row missing in the middle or at the end of the outbox is OUTBOX_GAP', async () => {
    const at = await newShard();
    await journal.commit({ ...at, actors: [next(fresh(), { count: 4 })] });
    await database.owner.query('DELETE FROM mmm_outbox WHERE shard = $1 AND number = 2', [at.shard]);
    await expect(journal.outbox(at.shard, 0n, 10, 1_000_000)).rejects.toMatchObject({ code: 'OUTBOX_GAP' });
    await expect(journal.outbox(at.shard, 1n, 10, 1_000_000)).rejects.toMatchObject({ code: 'OUTBOX_GAP' });
    expect(await outboxTexts(journal, at.shard, 2n)).toHaveLength(2);
    await database.owner.query('DELETE FROM mmm_outbox WHERE shard = $1 AND number > 2', [at.shard]);
    await expect(journal.outbox(at.shard, 2n, 10, 1_000_000)).rejects.toMatchObject({ code: 'OUTBOX_GAP' });
  });

  test('rows that are published and older than a day are deleted, all others stay', async () => {
    const at = await newShard();
    await journal.commit({ ...at, actors: [next(fresh(), { count: 5 })] });
    await database.owner.query(
      `UPDATE mmm_outbox SET created_at = now() - interval '25 hours' WHERE shard = $1 AND number <> 3`,
      [at.shard],
    );
    await journal.published(at.shard, at.epoch, 4n);
    const rows = await database.owner.query<{ number: string }>(
      'SELECT number FROM mmm_outbox WHERE shard = $1 ORDER BY number',
      [at.shard],
    );
    // 3 is young, 5 is not known to be published.
    expect(rows.map((row) => row.number)).toEqual(['3', '5']);
  });

  test('on another timeline commits are refused until a session has compared its cursor', async () => {
    const at = await newShard();
    await database.owner.query(`UPDATE mmm_shards SET timeline = 'FFFFFFFF' WHERE shard = $1`, [at.shard]);
    const commit = next(fresh());
    await expect(journal.commit({ ...at, actors: [commit] })).rejects.toMatchObject({ code: 'DATABASE_WENT_BACK' });
    await expect(journal.commit({ ...at, epoch: null, actors: [commit] })).rejects.toMatchObject({
      code: 'DATABASE_WENT_BACK',
    });
    await expect(journal.outbox(at.shard, 0n, 10, 1_000)).rejects.toMatchObject({ code: 'DATABASE_WENT_BACK' });
    await journal.openShard(at.shard);
    await expect(journal.commit({ ...at, epoch: null, actors: [commit] })).rejects.toMatchObject({
      code: 'DATABASE_WENT_BACK',
    });
    // What was sent before the failover has compared nothing.
    await expect(journal.published(at.shard, at.epoch + 1n, 0n)).rejects.toMatchObject({ code: 'DATABASE_WENT_BACK' });
    await journal.accepted(at.shard, at.epoch + 1n, 0n);
    expect(await journal.outbox(at.shard, 0n, 10, 1_000)).toEqual([]);
    expect((await journal.commit({ ...at, epoch: at.epoch + 1n, actors: [commit] })).actors[0]?.status).toBe(
      'committed',
    );
  });

  test('above 100,000 waiting rows only the session may write', async () => {
    const at = await newShard();
    await journal.published(at.shard, at.epoch, 0n);
    await database.owner.query('UPDATE mmm_shards SET next_number = 100002 WHERE shard = $1', [at.shard]);
    await expect(journal.commit({ ...at, epoch: null, actors: [next(fresh())] })).rejects.toMatchObject({
      code: 'OVERLOADED',
    });
    expect((await journal.commit({ ...at, actors: [next(fresh())] })).firstNumber).toBe(100002n);
  });

  test('one signal id committed at once through two shards is stored once, and no commit fails', async () => {
    const [one, two] = [await newShard(), await newShard()];
    for (let round = 0; round < 20; round++) {
      const signalId = `race-${round}`;
      const answers = await Promise.all(
        [one, two].map(
          async (at) => await journal.commit({ ...at, actors: [next(fresh(), { signalId }), next(fresh())] }),
        ),
      );
      expect(answers.map((answer) => answer.actors[0]?.status).sort()).toEqual(['committed', 'conflict']);
      expect(answers.map((answer) => answer.actors[1]?.status)).toEqual(['committed', 'committed']);
    }
  });

  test('entries of 30 days are folded, older ones are not; the version counts all', async () => {
    const at = await newShard();
    const key = actor();
    const day = 24 * 3_600_000;
    await journal.commit({ ...at, actors: [next(fresh(key), { atMs: Date.now() - 40 * day })] });
    await journal.commit({ ...at, actors: [next(await foldOne(journal, key), { atMs: Date.now() - 29 * day })] });
    const folded = await foldOne(journal, key);
    expect([folded.version, folded.entries.map((line) => line.version)]).toEqual([2, [2]]);
  });

  test('a signal whose journal row is gone is known by its decision', async () => {
    const at = await newShard();
    const commit = next(fresh());
    await journal.commit({ ...at, actors: [commit] });
    const signalId = commit.entries[0]?.signalId ?? '';
    await database.pipeline.query('DELETE FROM mmm_journal WHERE tenant_id = $1 AND signal_id = $2', [
      'acme',
      signalId,
    ]);
    expect((await journal.knownSignals([{ tenantId: 'acme', signalId }])).size).toBe(1);
  });

  test('what was not decided keeps its signal byte for byte; a receipt is stored and published as the same bytes', async () => {
    const at = await newShard();
    const plain = next(fresh(), { count: 2 });
    const [decision] = plain.decisions;
    const receipt: OutputRecord = {
      topic: 'mmm.receipts',
      key: 'acme|someone',
      value: decision?.receipt ?? null,
      headers: {},
    };
    await journal.commit({ ...at, actors: [{ ...plain, outbox: [record('first'), receipt, record('last')] }] });
    const rows = await database.pipeline.query<{ signal: string | null }>(
      'SELECT signal FROM mmm_journal WHERE tenant_id = $1 AND actor_id = $2 ORDER BY version',
      [plain.key.tenantId, plain.key.actorId],
    );
    expect(rows.map((row) => row.signal)).toEqual([signalText(plain.entries[0]?.signalId ?? ''), null]);
    expect(await outboxTexts(journal, at.shard)).toEqual([
      'first',
      Buffer.from(decision?.receipt ?? []).toString('utf8'),
      'last',
    ]);
    const stored = await journal.decisionOfSignal('acme', plain.entries[1]?.signalId ?? '');
    expect(stored?.receipt).toBe(Buffer.from(decision?.receipt ?? []).toString('utf8'));
  });

  test('an action is stored with its decision', async () => {
    const at = await newShard();
    const commit = next(fresh());
    await journal.commit({ ...at, actors: [commit] });
    const rows = await database.pipeline.query(
      'SELECT action_id, decision_id, playbook_id FROM mmm_actions WHERE decision_id = $1',
      [commit.decisions[0]?.decisionId],
    );
    expect(rows).toEqual([
      {
        action_id: commit.decisions[0]?.actions[0]?.actionId,
        decision_id: commit.decisions[0]?.decisionId,
        playbook_id: 'p1',
      },
    ]);
  });

  test('when the server ends the connection in the middle, the commit is DATABASE_UNAVAILABLE', async () => {
    const at = await newShard();
    const locked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const holder = database.owner.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM mmm_shards WHERE shard = $1 FOR UPDATE', [at.shard]);
      locked.resolve();
      await release.promise;
    });
    await locked.promise;
    const commit = journal.commit({ ...at, actors: [next(fresh())] });
    const outcome = expect(commit).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    let ended = 0;
    while (ended === 0) {
      const rows = await database.owner.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%mmm_commit%'`,
      );
      ended = rows.length;
    }
    await outcome;
    release.resolve();
    await holder;
  });
});
