import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { journalArrivals, producedArrivals } from '../../../src/adapters/postgres/arrivals.ts';
import { traceOf } from '../../../src/domain/decision/trace.ts';
import { canonicalJson } from '../../../src/domain/receipt/canonical-json.ts';
import { aPlaybook, DAY, HOUR, NOON, planned } from '../../domain/decision/given.ts';
import type { TestDatabase } from './test-database.ts';
import { makeDatabase } from './test-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await makeDatabase();
});
afterAll(async () => {
  await database.drop();
});

const journal = async (tenant: string, actor: string, atMs: number, facts: string): Promise<void> => {
  await database.pipeline.query(
    `INSERT INTO mmm_journal (tenant_id, actor_id, version, kind, signal_id, result, at_ms, decided_at_ms, facts)
     VALUES ($1, $2, (SELECT count(*) + 1 FROM mmm_journal WHERE tenant_id = $1 AND actor_id = $2), 'signal', gen_random_uuid()::text, 'no_match', $3, $3, $4)`,
    [tenant, actor, atMs, facts],
  );
};
const typed = (type: string): string => JSON.stringify({ r: { type }, s: [], c: '' });

test('signals of the asked types by people, of this tenant and since then', async () => {
  await journal('t1', 'ann', NOON - 20 * DAY, typed('commit_pushed'));
  await journal('t1', 'ann', NOON - DAY, typed('commit_pushed'));
  await journal('t1', 'ann', NOON - DAY, typed('pr_opened'));
  await journal('t1', 'bob', NOON - DAY, typed('pr_merged'));
  await journal('t1', 'bob', NOON - DAY, typed('build_failed'));
  // Of nobody, of a re-entry, with a character that PostgreSQL's text can not hold, and too old.
  await journal('t1', '', NOON - DAY, typed('commit_pushed'));
  await journal('t1', 'bob', NOON - DAY, JSON.stringify({ r: null, s: [], c: '' }));
  await journal('t1', 'bob', NOON - DAY, typed('commit_\u0000pushed'));
  await journal('t1', 'bob', NOON - 40 * DAY, typed('commit_pushed'));
  await journal('t2', 'eve', NOON - DAY, typed('commit_pushed'));
  const ask = async (patterns: readonly string[], fromMs = NOON - 28 * DAY) =>
    await journalArrivals(database.api, 't1', fromMs, patterns);
  expect(await ask(['commit_pushed'])).toEqual({ signals: 2, actors: 1, sinceMs: NOON - 20 * DAY });
  expect(await ask(['pr_*', 'commit_pushed'])).toEqual({ signals: 4, actors: 2, sinceMs: NOON - 20 * DAY });
  expect(await ask(['commit_pushed'], NOON - 2 * DAY)).toEqual({ signals: 1, actors: 1, sinceMs: NOON - DAY });
  expect(await ask(['release.*'])).toMatchObject({ signals: 0, actors: 0 });
  expect(await journalArrivals(database.api, 't9', 0, ['*'])).toEqual({ signals: 0, actors: 0, sinceMs: null });
});

test('decisions in which the version met its condition, whatever stood in the way afterwards, by the real traces', async () => {
  const version = (number: number, met: boolean) =>
    aPlaybook({ version: number, met: () => (met ? { met } : { met: false, error: null }) });
  const insert = async (actor: string, atMs: number, trace: string): Promise<void> => {
    await database.pipeline.query(
      `INSERT INTO mmm_decisions (tenant_id, decision_id, signal_id, actor_id, decided_at, body, trace, "read", receipt_id, receipt)
       VALUES ('t1', gen_random_uuid()::text, gen_random_uuid()::text, $1, $2, '{}', $3, '{}', 'r', '{}')`,
      [actor, new Date(atMs), trace],
    );
  };
  const decide = async (
    actor: string,
    atMs: number,
    playbook: ReturnType<typeof aPlaybook>,
    quota = 10,
  ): Promise<void> => {
    const made = planned({
      playbooks: [playbook],
      policy: { quotas: { maxActionsPerDay: quota, maxActionsPerHour: 9, perRepoPerDay: 9 } },
    });
    await insert(actor, atMs, canonicalJson(traceOf(made)));
  };
  await decide('ann', NOON - 5 * DAY, version(3, true));
  await decide('ann', NOON - 4 * DAY, version(3, true), 0);
  await decide('bob', NOON - 3 * DAY, version(3, true));
  await decide('bob', NOON - 2 * DAY, version(3, false));
  await decide('bob', NOON - 2 * DAY, version(2, true));
  await decide('bob', NOON - 40 * DAY, version(3, true));
  const odd = (more: object): string =>
    JSON.stringify({ candidates: [{ playbook_id: 'tests-missing', playbook_version: 3, verdicts: [], ...more }] });
  for (const trace of [
    odd({ continues: 'an-action', reason_code: 'sent' }),
    odd({ continues: null, reason_code: 'revised' }),
  ])
    await insert('cat', NOON - DAY, trace);
  const ask = async (id: string, number: number) =>
    await producedArrivals(database.api, 't1', NOON - 28 * DAY, id, number);
  expect(await ask('tests-missing', 3)).toEqual({ signals: 3, actors: 2, sinceMs: NOON - 5 * DAY });
  expect(await ask('tests-missing', 2)).toMatchObject({ signals: 1, actors: 1 });
  expect(await ask('another', 3)).toMatchObject({ signals: 0 });
  expect(await producedArrivals(database.api, 't2', NOON - HOUR, 'tests-missing', 3)).toEqual({
    signals: 0,
    actors: 0,
    sinceMs: null,
  });
});
