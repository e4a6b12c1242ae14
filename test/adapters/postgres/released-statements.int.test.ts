import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { outboxTexts } from '../../contracts/journal-records.ts';
import { releases } from '../../migrations/released.ts';
import { recording, type Sent, sendAgain } from './released-statements.ts';
import { ANN, BOB, clock, sideBySide } from './side-by-side.ts';
import { makeDatabase, type TestDatabase } from './test-database.ts';

const fileOf = (version: string): string =>
  fileURLToPath(new URL(`../../histories/${version}.statements.json`, import.meta.url));

/** Set at a release, on its code: MMM_RECORD_STATEMENTS=1. What is there is never written over. */
const RECORDS = process.env['MMM_RECORD_STATEMENTS'] === '1';

let database: TestDatabase;
beforeAll(async () => {
  database = await makeDatabase();
});
afterAll(async () => await database.drop());

const run = async (database: TestDatabase, version: string): Promise<PostgresJournal> => {
  const mine = new PostgresJournal(database.pipeline, clock);
  const file = fileOf(version);
  const works = async (_step: string, work: (journal: PostgresJournal) => Promise<unknown>): Promise<void> =>
    void (await work(mine));
  if (RECORDS && !existsSync(file)) {
    const sent: Sent[] = [];
    let now = '';
    const old = new PostgresJournal(
      recording(database.pipeline, sent, () => now),
      clock,
    );
    await sideBySide(async (step, work) => {
      now = step;
      await work(old);
    }, works);
    writeFileSync(file, `[\n${sent.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`, { flag: 'wx' });
    return mine;
  }
  const sent = JSON.parse(readFileSync(file, 'utf8')) as Sent[];
  await sideBySide(async (step) => sendAgain(database.pipeline, sent, step), works);
  return mine;
};

/**
 * The statements that the release before sends, word for word, on the schema of this one, between those of this one. Its program is not run: a fresh
 * clone has no history to take it from. What a process of that release does to the database is these statements and nothing else.
 */
test.each(releases().slice(-1))(
  'a worker of $version and one of this release share a database: versions, numbers and journal stay right',
  async ({ version }) => {
    const journal = await run(database, version);
    const [ann, bob] = await journal.fold([ANN, BOB]);
    expect(ann).toMatchObject({ version: 8, head: 'head-5' });
    expect(bob).toMatchObject({ version: 3, head: 'head-b2' });
    expect(ann!.entries.map((line) => line.version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(ann!.entries.map((line) => (line.kind === 'signal' ? line.signalId : line.outcomeId))).toEqual([
      ...['s1', 's2', 's3', 's4', 's5', 'o1', 's6', 's7'],
    ]);
    expect(ann!.actorRef).not.toBeNull();
    // In the order of the commits, whoever made them, each number once.
    expect(await outboxTexts(journal, 0)).toEqual(
      ['s1', 's2', 's3', 's4', 'b3', 's5', 'o1', 's6', 's7'].map((id) => `of ${id}`),
    );
    expect(await outboxTexts(journal, 1)).toEqual(['of b1', 'of b2']);
    const [counts] = await database.pipeline.query<Record<string, string>>(
      `SELECT (SELECT count(*) FROM mmm_journal) AS journal, (SELECT count(*) FROM mmm_decisions) AS decisions, (SELECT count(*) FROM mmm_actions) AS actions,
            (SELECT count(*) FROM mmm_deferrals WHERE status = 'done') AS deferrals, (SELECT count(*) FROM mmm_outcomes) AS outcomes,
            (SELECT epoch FROM mmm_shards WHERE shard = 0) AS epoch, (SELECT published_upto FROM mmm_shards WHERE shard = 0) AS published`,
    );
    expect(counts).toEqual({
      journal: '11',
      decisions: '4',
      actions: '4',
      deferrals: '1',
      outcomes: '1',
      epoch: '2',
      published: '4',
    });
  },
);

test('the commit of the release before 0005, which sends no recorded signal, is answered as well', async () => {
  const journal = new PostgresJournal(database.pipeline, clock);
  const values = [0, '2', Buffer.from('{}'), '{acme}', '{cid}', '{0}', '{""}', '{1}', '{"head-c1"}', '{NULL}']
    .concat(['{1}', '{signal}', '{1}', '{c1}', '{NULL}', '{no_match}', '{1}', String(`{${clock.now()}}`), '{1}', '{2}'])
    .concat(Array.from({ length: 23 }, () => '{}'));
  const places = values.map((_, at) => `$${at + 1}`).join(', ');
  const rows = await database.pipeline.query(`SELECT committed, last_number FROM mmm_commit(${places})`, values);
  expect(rows).toEqual([{ committed: [true], last_number: '9' }]);
  expect((await journal.fold([{ tenantId: 'acme', actorId: 'cid' }]))[0]).toMatchObject({
    version: 1,
    head: 'head-c1',
  });
});
