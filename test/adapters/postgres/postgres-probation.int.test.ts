import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Definitions } from '../../../src/adapters/postgres/definitions.ts';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { JudgingProbation } from '../../../src/adapters/postgres/postgres-probation.ts';
import { PostgresRulesSource, type StoredRules } from '../../../src/adapters/postgres/postgres-rules-source.ts';
import { judgePlaybooks } from '../../../src/admin/commands/judge-playbooks.ts';
import { probationReport } from '../../../src/admin/queries/probation-report.ts';
import type { OutcomeResult } from '../../../src/domain/vocabulary.ts';
import { actor, foldOne, next } from '../../contracts/journal-records.ts';
import { outcomeOf } from '../../contracts/outcome-journal.ts';
import { silent } from './silent-logger.ts';
import type { TestDatabase } from './test-database.ts';
import { makeDatabase } from './test-database.ts';

const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };
let database: TestDatabase;
let journal: PostgresJournal;
let definitions: Definitions;
let probation: JudgingProbation;
beforeAll(async () => {
  database = await makeDatabase();
  journal = new PostgresJournal(database.pipeline, clock);
  definitions = new Definitions(database);
  probation = new JudgingProbation(database);
  await journal.openShard(0);
});
afterAll(async () => await database.drop());

type Say = readonly [result: OutcomeResult, reason: string | null];

/** One action of `p1`, sent to this person of this tenant, and what they said of it. */
const action = async (tenantId: string, actorId: string, version: number, title: string, ...says: readonly Say[]) => {
  const key = actor(actorId, tenantId);
  const plain = next(await foldOne(journal, key));
  const decisions = plain.decisions.map((row) => {
    const [sent] = row.actions.map((one) => ({ ...one, playbookVersion: version }));
    // As a branch of that name would be stored: JSON functions of PostgreSQL refuse the whole text for it.
    const context = { branch: 'fix\u0000' };
    const body = { context, actions: [{ action_id: sent!.actionId, payload: { ide: { title }, ci: { title } } }] };
    return { ...row, actions: [sent!], body: JSON.stringify(body) };
  });
  const decided = { ...plain, decisions };
  await journal.commit({ shard: 0, epoch: null, actors: [decided] });
  for (const [result, reason] of says) {
    const commit = outcomeOf(0, await foldOne(journal, key), decided);
    const said = { ...commit, outcome: { ...commit.outcome, result, reason }, entry: { ...commit.entry, result } };
    expect((await journal.commitOutcome(said)).status).toBe('committed');
  }
};

const tenant = async (): Promise<string> => {
  const tenantId = `t-${randomUUID()}`;
  await definitions.upsertTenantPolicy(tenantId, { id: tenantId }, 'test');
  await definitions.importPlaybook(tenantId, 'p1', { id: 'p1', owner: 'platform' }, 'test');
  await definitions.publishPlaybook(tenantId, 'p1', 1, 'test');
  return tenantId;
};
const votesOf = async (tenantId: string) => (await probation.votes()).filter((one) => one.tenantId === tenantId);

/** Twenty actions of five people, eight of them not useful: to three of them half of theirs, to two a quarter. */
const convicted = async (tenantId: string): Promise<void> => {
  for (let n = 0; n < 20; n++) {
    const says: Say = n < 8 ? ['dismissed', 'not_useful'] : ['accepted', null];
    await action(tenantId, `Dev.${n % 5}`, 1, `31 files by dev.${n % 5} (ask lead@example.org)`, says);
  }
};

test('a vote is an action that somebody spoke on, once, by its version; silence is none', async () => {
  const tenantId = await tenant();
  await action(tenantId, 'a', 1, 't', ['shown', null]);
  await action(tenantId, 'a', 1, 't', ['ignored', 'timeout']);
  expect(await votesOf(tenantId)).toEqual([]);
  await action(tenantId, 'a', 1, 't', ['accepted', null], ['failed', 'not_useful']);
  await action(tenantId, 'a', 1, 't', ['dismissed', 'later']);
  await action(tenantId, 'b', 1, 't', ['shown', 'not_useful'], ['dismissed', 'not_useful']);
  await action(tenantId, 'b', 2, 't', ['dismissed', 'not_useful']);
  const found = { tenantId, playbookId: 'p1', version: 1, votes: 3, notUseful: 2, actors: 2, unhappy: 1.5 };
  expect(await votesOf(tenantId)).toEqual([found]);
  expect(await judgePlaybooks({ votes: () => votesOf(tenantId), putOnProbation: fail })).toEqual([]);
  await definitions.importPlaybook(tenantId, 'p1', { id: 'p1', owner: 'platform', v: 2 }, 'test');
  await definitions.publishPlaybook(tenantId, 'p1', 2, 'test');
  expect(await votesOf(tenantId)).toEqual([{ ...found, version: 2, votes: 1, notUseful: 1, actors: 1, unhappy: 1 }]);
});

const fail = (): Promise<never> => Promise.reject(new Error('nothing may be put on probation'));

test('what its readers find not useful goes on probation once, with a line in the audit, and other tenants keep theirs', async () => {
  const [tenantId, neighbour] = [await tenant(), await tenant()];
  await convicted(tenantId);
  await action(neighbour, 'Dev.1', 1, 't', ['accepted', null]);
  const both = await Promise.all([judgePlaybooks(probation), judgePlaybooks(probation)]);
  const counts = { votes: 20, notUseful: 8, actors: 5 };
  expect(both.flat()).toEqual([{ tenantId, playbookId: 'p1', version: 1, ...counts, unhappy: 2 }]);
  expect(await judgePlaybooks(probation)).toEqual([]);
  expect(await probation.onProbation(neighbour)).toEqual([]);
  expect(await probation.onProbation(tenantId)).toMatchObject([
    { playbookId: 'p1', version: 1, owner: 'platform', published: true, ...counts },
  ]);
  const audited = await database.api.transaction(async (tx) => {
    await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenantId]);
    return await tx.query(`SELECT who, subject, details FROM mmm_audit WHERE what = 'playbook_on_probation'`);
  });
  const details = { version: 1, votes: 20, not_useful: 8, actors: 5, lower_bound: expect.closeTo(0.1176, 3) };
  expect(audited).toEqual([{ who: 'mmm-engine', subject: 'p1', details }]);
});

test('one person with many votes convicts nothing: each counts once', async () => {
  const tenantId = await tenant();
  for (let n = 0; n < 24; n++) await action(tenantId, 'loud', 1, 't', ['dismissed', 'not_useful']);
  for (const quiet of ['a', 'b', 'c', 'd']) await action(tenantId, quiet, 1, 't', ['accepted', null]);
  expect(await votesOf(tenantId)).toMatchObject([{ votes: 28, notUseful: 24, actors: 5, unhappy: 1 }]);
  expect((await judgePlaybooks(probation)).filter((one) => one.tenantId === tenantId)).toEqual([]);
});

test('its owner sees counts and what was said, never by whom or to whom', async () => {
  const tenantId = await tenant();
  await convicted(tenantId);
  await action(tenantId, 'Dev.1', 1, 'About Dev.1 again', ['dismissed', 'Alice told me so']);
  await judgePlaybooks(probation);
  const [report, ...others] = await probationReport(probation, tenantId);
  expect(others).toEqual([]);
  expect(report).toMatchObject({ playbook_id: 'p1', version: 1, owner: 'platform', votes: 21, not_useful: 8 });
  expect(report?.examples).toEqual([
    { action_type: 'mirror', title: '31 files by (somebody) (ask (somebody))', reason: 'not_useful' },
    { action_type: 'mirror', title: 'About (somebody) again', reason: '(own words)' },
  ]);
  expect(JSON.stringify(report)).not.toMatch(/dev\.\d|alice|example\.org/i);
});

test('every process hears of it at once, and a new version is not on probation', async () => {
  const tenantId = await tenant();
  await convicted(tenantId);
  const source = new PostgresRulesSource({
    database: database.pipeline,
    compile: (_tenant, stored) => stored as unknown as ReturnType<PostgresRulesSource['current']> & object,
    clock,
    logger: silent,
  });
  source.start();
  const listening = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN mmm_rules' AND state = 'idle'`;
  while ((await database.owner.query(listening)).length === 0) await new Promise(setImmediate);
  const loaded = async (): Promise<boolean[]> =>
    ((await source.load(tenantId)) as unknown as StoredRules).playbooks.map(({ onProbation }) => onProbation === true);
  expect(await loaded()).toEqual([false]);
  await judgePlaybooks(probation);
  while (source.current(tenantId) !== undefined) await new Promise(setImmediate);
  expect(await loaded()).toEqual([true]);
  await definitions.importPlaybook(tenantId, 'p1', { id: 'p1', owner: 'platform', v: 2 }, 'test');
  await definitions.publishPlaybook(tenantId, 'p1', 2, 'test');
  while (source.current(tenantId) !== undefined) await new Promise(setImmediate);
  expect(await loaded()).toEqual([false]);
  source.stop();
});
