import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StoredPlaybook } from '../../../src/adapters/postgres/definition-reader.ts';
import type { Playbook } from '../../../src/domain/playbook/model.ts';
import { parsePlaybook } from '../../../src/domain/playbook/parse-playbook.ts';
import { arrivalRateOf } from '../../../src/entrypoints/composition/arrival-rate.ts';
import { makeDatabase, type TestDatabase } from '../../adapters/postgres/test-database.ts';
import { DAY, NOON } from '../../domain/decision/given.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await makeDatabase();
});
afterAll(async () => {
  await database.drop();
});

const document = (change: object = {}): object => ({
  id: 'p',
  name: 'P',
  owner: 'o',
  triggers: [{ event_type: 'commit_pushed' }],
  actions: [{ type: 'mirror', surfaces: ['ide'], template: { title: 'T', body: 'B' } }],
  ...change,
});
const parsed = (change: object = {}): Playbook => {
  const result = parsePlaybook(document(change), 2);
  if (!result.ok) throw new Error(JSON.stringify(result.findings));
  return result.playbook;
};
const live = (change: object = {}): StoredPlaybook => ({
  playbookId: 'p',
  version: 1,
  status: 'published',
  document: document(change),
  digest: '',
});
const pushes = async (tenant: string, actor: string, count: number, atMs: number): Promise<void> => {
  await database.pipeline.query(
    `INSERT INTO mmm_journal (tenant_id, actor_id, version, kind, signal_id, result, at_ms, decided_at_ms, facts)
     SELECT $1::text, $2::text, n, 'signal', $1::text || $2::text || n, 'no_match', $4, $4, '{"r":{"type":"commit_pushed"}}'
       FROM generate_series(1, $3::integer) n`,
    [tenant, actor, count, atMs],
  );
};
const rate = async (tenant: string, playbook: Playbook, known: StoredPlaybook | null = null) =>
  await arrivalRateOf({ api: database.api }, tenant, playbook, known, NOON);

test('per week and person of those who sent any; exact only where the journal can tell what triggers it', async () => {
  await pushes('t1', 'ann', 60, NOON - 14 * DAY);
  await pushes('t1', 'bob', 20, NOON - 2 * DAY);
  expect(await rate('t1', parsed())).toEqual({ perWeek: 20, certainty: 'counted' });
  expect(await rate('t1', parsed({ when: 'signal.payload.is_fix' }))).toEqual({ perWeek: 20, certainty: 'most' });
  const severe = { triggers: [{ event_type: 'commit_pushed', min_severity: 'high' }] };
  expect(await rate('t1', parsed(severe))).toEqual({ perWeek: 20, certainty: 'most' });
  expect(await rate('t1', parsed({ triggers: [{ event_type: 'pr_*' }] }))).toEqual({
    perWeek: 0,
    certainty: 'counted',
  });
});

test('nothing recorded, or hours only: no rate', async () => {
  await pushes('t2', 'ann', 60, NOON - DAY / 2);
  expect(await rate('t2', parsed())).toBeNull();
  expect(await rate('t3', parsed())).toBeNull();
});

test('the live version tells how often its condition is met, as long as the new one asks for the same', async () => {
  const when = { when: 'signal.payload.is_fix' };
  await pushes('t4', 'ann', 70, NOON - 7 * DAY);
  const trace = JSON.stringify({ candidates: [{ playbook_id: 'p', playbook_version: 1, verdicts: [] }] });
  for (let turn = 0; turn < 3; turn += 1)
    await database.pipeline.query(
      `INSERT INTO mmm_decisions (tenant_id, decision_id, signal_id, actor_id, decided_at, body, trace, "read", receipt_id, receipt)
       VALUES ('t4', gen_random_uuid()::text, gen_random_uuid()::text, 'ann', $1, '{}', $2, '{}', 'r', '{}')`,
      [new Date(NOON - 7 * DAY), trace],
    );
  expect(await rate('t4', parsed(when), live(when))).toEqual({ perWeek: 3, certainty: 'counted' });
  expect(await rate('t4', parsed({ ...when, limits: { cooldown: '2d' } }), live(when))).toMatchObject({ perWeek: 3 });
  expect(await rate('t4', parsed({ when: 'signal.payload.is_revert' }), live(when))).toEqual({
    perWeek: 70,
    certainty: 'most',
  });
});
