import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ActorProfile } from '../../../src/domain/actor-state.ts';
import { Definitions } from '../../../src/adapters/postgres/definitions.ts';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { actor, foldOne, fresh, next } from '../../contracts/journal-records.ts';
import type { TestDatabase } from './test-database.ts';
import { makeDatabase } from './test-database.ts';

const profile = (role: string): ActorProfile => ({
  roles: [role],
  timeZone: '+05:30',
  preferences: { optOutCategories: [], preferredSurfaces: ['ide'], snoozeUntilMs: null },
});

let database: TestDatabase;
let definitions: Definitions;
let journal: PostgresJournal;
beforeAll(async () => {
  database = await makeDatabase();
  definitions = new Definitions(database);
  journal = new PostgresJournal(database.pipeline, { now: () => Date.now(), monotonicMs: () => performance.now() });
});
afterAll(async () => {
  await database.drop();
});
const auditOf = async (tenant: string): Promise<string[]> =>
  await database.api.transaction(async (tx) => {
    await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenant]);
    const rows = await tx.query<{ what: string }>('SELECT what FROM mmm_audit ORDER BY audit_id');
    return rows.map((row) => row.what);
  });

test('a policy gets a new version only when its content changes, whatever the order of its keys', async () => {
  const write = async (document: unknown) => await definitions.upsertTenantPolicy('t1', document, 'test');
  expect(await write({ id: 't1', quotas: { a: 1, b: 2 } })).toEqual({ version: 1, changed: true });
  expect(await write({ quotas: { b: 2, a: 1 }, id: 't1' })).toEqual({ version: 1, changed: false });
  expect(await write({ id: 't1', quotas: { a: 1, b: 3 } })).toEqual({ version: 2, changed: true });
  expect(await auditOf('t1')).toEqual(['policy_changed', 'policy_changed']);
});

test('eight writers of the same policy make one version, round after round', async () => {
  for (let round = 1; round <= 10; round++) {
    const written = await Promise.all(
      Array.from({ length: 8 }, async () => await definitions.upsertTenantPolicy('t2', { id: 't2', round }, 'test')),
    );
    expect(written.filter((one) => one.changed)).toHaveLength(1);
    expect(new Set(written.map((one) => one.version))).toEqual(new Set([round]));
  }
});

test('a playbook version is immutable; one version is published at a time', async () => {
  const first = await definitions.importPlaybook('t3', 'p', { id: 'p', name: 'one' }, 'test');
  expect(first).toEqual({ version: 1, changed: true });
  expect(await definitions.importPlaybook('t3', 'p', { name: 'one', id: 'p' }, 'test')).toEqual({
    version: 1,
    changed: false,
  });
  expect(await definitions.publishPlaybook('t3', 'p', 1, 'test')).toEqual({ version: 1, changed: true });
  expect(await definitions.publishPlaybook('t3', 'p', 1, 'test')).toEqual({ version: 1, changed: false });
  expect(await definitions.importPlaybook('t3', 'p', { id: 'p', name: 'two' }, 'test')).toEqual({
    version: 2,
    changed: true,
  });
  await definitions.publishPlaybook('t3', 'p', 2, 'test');
  const rows = await database.pipeline.query(
    `SELECT version, status FROM mmm_playbooks WHERE tenant_id = 't3' ORDER BY version`,
  );
  expect(rows).toEqual([
    { version: 1, status: 'deprecated' },
    { version: 2, status: 'published' },
  ]);
  await expect(definitions.publishPlaybook('t3', 'p', 9, 'test')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
  await expect(definitions.publishPlaybook('t4', 'p', 1, 'test')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
  expect(await auditOf('t3')).toEqual([
    'playbook_imported',
    'playbook_published',
    'playbook_imported',
    'playbook_published',
  ]);
});

test('a changed profile is a new version and head of the actor, so that what was planned on the old one is a conflict (D-100 opt-outs that other workers do not see)', async () => {
  const key = actor('dev1', 't5');
  expect(await definitions.upsertActorProfile('t5', 'dev1', profile('developer'), 'test')).toEqual({
    version: 1,
    changed: true,
  });
  const before = await foldOne(journal, key);
  expect(before).toMatchObject({ version: 1, profile: profile('developer'), actorRef: null, entries: [] });
  expect(await definitions.upsertActorProfile('t5', 'dev1', profile('developer'), 'test')).toEqual({
    version: 1,
    changed: false,
  });
  const { epoch } = await journal.openShard(0);
  const commit = async () =>
    await journal.commit({ shard: 0, epoch, actors: [next(before, { receiptKey: Uint8Array.of(1) })] });
  expect(await definitions.upsertActorProfile('t5', 'dev1', profile('lead'), 'test')).toEqual({
    version: 2,
    changed: true,
  });
  expect((await commit()).actors).toEqual([{ status: 'conflict' }]);
  const after = await foldOne(journal, key);
  expect(after.profile).toEqual(profile('lead'));
  const answer = await journal.commit({ shard: 0, epoch, actors: [next(after, { receiptKey: Uint8Array.of(1) })] });
  expect(answer.actors).toEqual([{ status: 'committed', version: 3 }]);
  expect((await foldOne(journal, key)).profile).toEqual(profile('lead'));
});

test('profiles and commits of new actors at the same time: each wins its own version, none is lost', async () => {
  const { epoch } = await journal.openShard(1);
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const key = actor(`racer-${index}`, 't6');
      const [answer] = await Promise.all([
        journal.commit({ shard: 1, epoch, actors: [next(fresh(key))] }),
        definitions.upsertActorProfile('t6', key.actorId, profile('developer'), 'test'),
      ]);
      const committed = answer.actors[0]?.status === 'committed';
      const folded = await foldOne(journal, key);
      expect(folded).toMatchObject({ version: committed ? 2 : 1, profile: profile('developer') });
      expect(folded.entries).toHaveLength(committed ? 1 : 0);
    }),
  );
});
