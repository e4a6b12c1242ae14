import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Definitions } from '../../../src/adapters/postgres/definitions.ts';
import { ExperimentChanges } from '../../../src/adapters/postgres/experiment-changes.ts';
import { ensurePartitionCount } from '../../../src/adapters/postgres/partition-setting.ts';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { JudgingProbation } from '../../../src/adapters/postgres/postgres-probation.ts';
import { ShadowVersions } from '../../../src/adapters/postgres/shadow-versions.ts';
import { CONFIG_EVENT_TYPES } from '../../../src/admin/ports/config-change.ts';
import type { ActorProfile } from '../../../src/domain/actor-state.ts';
import { parseExperiment } from '../../../src/domain/experiment/parse-experiment.ts';
import { encodeKeyPart } from '../../../src/domain/ids.ts';
import { partitionOf } from '../../../src/domain/partitioner.ts';
import { actor, foldOne, fresh, next } from '../../contracts/journal-records.ts';
import { compileJsonSchema } from '../../schemas/compile-json-schema.ts';
import { configRows } from './config-rows.ts';
import { makeDatabase, type TestDatabase } from './test-database.ts';

const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };
const DENIED = { code: 'INTERNAL_ERROR', details: { sqlstate: '42501' } };
const validate = compileJsonSchema('mmm.admin_config-value');

const opened: TestDatabase[] = [];
const newDatabase = async (): Promise<TestDatabase> => {
  const database = await makeDatabase();
  opened.push(database);
  return database;
};
afterAll(async () => void (await Promise.all(opened.map(async (one) => await one.drop()))));

const profile = (role: string): ActorProfile => ({
  roles: [role],
  timeZone: null,
  preferences: { optOutCategories: [], preferredSurfaces: null, snoozeUntilMs: null },
});
const asTenant = async <Row>(
  { api }: TestDatabase,
  tenant: string,
  text: string,
  values?: readonly unknown[],
): Promise<readonly Row[]> =>
  await api.transaction(async (tx) => {
    await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenant]);
    return await tx.query<Row>(text, values);
  });
const linesOf = async (database: TestDatabase, tenant: string): Promise<string[]> => {
  const rows = await asTenant<{ id: string }>(database, tenant, 'SELECT audit_id AS id FROM mmm_audit ORDER BY 1');
  return rows.map(({ id }) => String(id));
};
/** Numbers of each shard that has rows: without a gap from 1, and the counter behind them. */
const expectGapless = async (database: TestDatabase): Promise<void> => {
  const rows = await database.pipeline.query<{ shard: number; n: string; low: string; high: string; next: string }>(
    `SELECT s.shard, count(*) AS n, min(o.number) AS low, max(o.number) AS high, s.next_number - 1 AS next
       FROM mmm_shards s JOIN mmm_outbox o USING (shard) GROUP BY s.shard, s.next_number`,
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const { n, low, high, next: last } of rows) expect([low, high, last]).toEqual(['1', n, n]);
};

describe('D-80, mmm.admin_config is produced: each change of a definition is one event, written with it', () => {
  let database: TestDatabase;
  let definitions: Definitions;
  beforeAll(async () => {
    database = await newDatabase();
    definitions = new Definitions(database);
  });

  const typesOf = async (tenant: string): Promise<string[]> =>
    (await configRows(database, tenant)).map(({ event }) => event.event_type);

  test('every kind of change there is; done again it changes nothing and tells nothing', async () => {
    const t = 'acme';
    const changes = new ExperimentChanges(database);
    const shadows = new ShadowVersions(database);
    const document = {
      ...{ id: 'e1', name: 'One', playbook: 'p', unit: 'actor' },
      arms: [
        { name: 'control', version: 2, weight: 0.5 },
        { name: 'short', version: 3, weight: 0.5 },
      ],
    };
    const parsed = parseExperiment(document);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
    const { experiment } = parsed;
    const voted = { tenantId: t, playbookId: 'p', version: 4, votes: 20, notUseful: 9, actors: 5, unhappy: 3 };
    const steps: (() => Promise<unknown>)[] = [
      () => definitions.upsertTenantPolicy(t, { id: t, quiet_hours: 'a' }, 'ann'),
      () => definitions.upsertTenantPolicy(t, { id: t, quiet_hours: 'b' }, 'ann'),
      () => definitions.upsertActorProfile(t, 'dev@example.org', profile('lead'), 'ann'),
      () => definitions.importPlaybook(t, 'p', { id: 'p', v: 1 }, 'ann'),
      () => definitions.publishPlaybook(t, 'p', 1, 'ann'),
      () => definitions.importPlaybook(t, 'p', { id: 'p', v: 2 }, 'ann'),
      () => definitions.publishPlaybook(t, 'p', 2, 'ann'),
      () => definitions.importPlaybook(t, 'p', { id: 'p', v: 3 }, 'ann'),
      () => shadows.start(t, 'p', 3, 'ann'),
      () => changes.put(t, document, experiment, 'ann'),
      () => changes.move(t, 'e1', 'active', 'ann'),
      () => changes.move(t, 'e1', 'hold', 'engine'),
      () => changes.move(t, 'e1', 'inactive', 'ann'),
      () => shadows.stop(t, 'p', 3, 'ann'),
    ];
    // Each twice: a command that is given again, or whose answer was lost.
    for (const step of steps) {
      await step();
      const told = (await typesOf(t)).length;
      await step();
      expect((await typesOf(t)).length).toBe(told);
    }
    // These say so when they are asked for again.
    expect(await definitions.rollBackPlaybook(t, 'p', 1, 'ann')).toEqual({ version: 4, repeats: 1 });
    const judge = new JudgingProbation(database);
    const judged = await Promise.all([judge.putOnProbation(voted, 0.3), judge.putOnProbation(voted, 0.3)]);
    expect([...judged].sort()).toEqual([false, true]);
    await definitions.deprecatePlaybook(t, 'p', 'ann');
    await expect(definitions.deprecatePlaybook(t, 'p', 'ann')).rejects.toMatchObject({ code: 'CONFLICT' });

    const rows = await configRows(database, t);
    expect(rows.map(({ event }) => event.event_type)).toEqual([
      'tenant.applied',
      'tenant.applied',
      'actor.applied',
      'playbook.imported',
      'playbook.published',
      'playbook.imported',
      'playbook.published',
      'playbook.imported',
      'playbook.shadow_started',
      'experiment.applied',
      'experiment.activated',
      'experiment.held',
      'experiment.deactivated',
      'playbook.shadow_stopped',
      'playbook.rolled_back',
      'playbook.on_probation',
      'playbook.deprecated',
    ]);
    // A type without a producer is a promise that nobody keeps.
    expect(new Set(rows.map(({ event }) => event.event_type))).toEqual(new Set(CONFIG_EVENT_TYPES));
    expect(rows.map(({ event }) => event.payload['audit_id'])).toEqual(await linesOf(database, t));
    expect(new Set(rows.map(({ event }) => event.event_id)).size).toBe(rows.length);
    for (const { key, headers, event } of rows) {
      expect([validate(event), validate.errors]).toEqual([true, null]);
      expect([key, headers]).toEqual([
        t,
        { 'mmm-tenant-id': t, 'mmm-schema': expect.stringMatching(/^mmm.admin_config-value:1$/) },
      ]);
    }
    expect(JSON.stringify(rows)).not.toMatch(/@|example|quiet_hours/);
    const payloads = rows.map(({ event }) => event.payload);
    expect(payloads[1]).toMatchObject({ version: 2, 'before.version': 1, changed_by: 'ann' });
    expect(payloads[1]!['before.digest']).toBe(payloads[0]!['digest']);
    expect(payloads[6]).toMatchObject({ version: 2, 'before.version': 1, 'before.digest': payloads[3]!['digest'] });
    expect(payloads[11]).toMatchObject({ status: 'hold', 'before.status': 'active', changed_by: 'engine' });
    expect(payloads[14]).toMatchObject({ version: 4, repeats: 1, 'before.version': 2, digest: payloads[3]!['digest'] });
    expect(payloads[15]).toMatchObject({ version: 4, digest: payloads[3]!['digest'], changed_by: 'mmm-engine' });
    expect(payloads[16]).toMatchObject({ version: 4, status: 'deprecated', 'before.status': 'published' });
    await expectGapless(database);
  });

  test('no change without its event: what can not be encoded, or has no shard to go to, is not changed', async () => {
    const t = 'unsaid';
    const mute = new Definitions({
      api: database.api,
      toRecord: () => {
        throw new TypeError('not encoded');
      },
    });
    await expect(mute.upsertTenantPolicy(t, { id: t }, 'test')).rejects.toThrow('not encoded');
    await expect(mute.upsertActorProfile(t, 'dev', profile('lead'), 'test')).rejects.toThrow('not encoded');
    await expect(mute.importPlaybook(t, 'p', { id: 'p' }, 'test')).rejects.toThrow('not encoded');

    const set = async (column: string): Promise<unknown> =>
      await database.owner.query(`UPDATE mmm_shards SET ${column} WHERE shard = 0`);
    const refused = async (): Promise<unknown> =>
      await definitions.upsertTenantPolicy(t, { id: t }, 'test').catch(({ code }: { code: string }) => code);
    const [shard] = await database.pipeline.query<{ timeline: string; next: string }>(
      'SELECT timeline, next_number AS next FROM mmm_shards WHERE shard = 0',
    );
    await set(`timeline = 'other'`);
    expect(await refused()).toBe('DATABASE_WENT_BACK');
    await set(`timeline = '${shard!.timeline}', next_number = 200000`);
    expect(await refused()).toBe('OVERLOADED');
    await set(`next_number = ${shard!.next}`);

    expect(await typesOf(t)).toEqual([]);
    expect(await linesOf(database, t)).toEqual([]);
    for (const table of ['mmm_tenant_policies', 'mmm_playbooks'])
      expect(await asTenant(database, t, `SELECT tenant_id FROM ${table}`)).toEqual([]);
    expect(await asTenant(database, t, 'SELECT tenant_id FROM mmm_actors')).toEqual([]);
    await definitions.upsertTenantPolicy(t, { id: t }, 'test');
    expect(await typesOf(t)).toEqual(['tenant.applied']);
    await expectGapless(database);
  });

  test('no event without its change: of two publications at once, and of one that is refused, only what came to be is told', async () => {
    const t = 'twice';
    for (const v of [1, 2, 3]) await definitions.importPlaybook(t, 'p', { id: 'p', v }, 'test');
    await definitions.publishPlaybook(t, 'p', 1, 'test');
    const seen = { seenLive: 1 };
    const both = await Promise.allSettled([2, 3].map((v) => definitions.publishPlaybook(t, 'p', v, 'test', seen)));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(definitions.publishPlaybook(t, 'p', 9, 'test')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    const live = await asTenant<{ version: number }>(
      database,
      t,
      `SELECT version FROM mmm_playbooks WHERE status = 'published'`,
    );
    const published = (await configRows(database, t)).filter(({ event }) => event.event_type === 'playbook.published');
    expect(published.map(({ event }) => event.payload['version'])).toEqual([1, live[0]!.version]);
    await expectGapless(database);
  });

  test('a change that fails as it commits leaves no event and no gap', async () => {
    await database.owner.query(`
      CREATE FUNCTION doomed() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF new.tenant_id = 'doomed' THEN RAISE 'at the commit'; END IF; RETURN new; END $$;
      CREATE CONSTRAINT TRIGGER doomed AFTER INSERT ON mmm_audit DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION doomed()`);
    await expect(definitions.upsertTenantPolicy('doomed', { id: 'doomed' }, 'test')).rejects.toBeInstanceOf(Error);
    await expect(definitions.upsertActorProfile('doomed', 'dev', profile('lead'), 'test')).rejects.toBeInstanceOf(
      Error,
    );
    expect(await typesOf('doomed')).toEqual([]);
    await definitions.upsertTenantPolicy('spared', { id: 'spared' }, 'test');
    expect(await typesOf('spared')).toEqual(['tenant.applied']);
    await expectGapless(database);
  });

  test('a tenant can not write under the key of another, nobody without a tenant can, and only these two functions write', async () => {
    const lock = 'SELECT mmm_lock_config_shard(1, $1) AS shard';
    const put = `SELECT mmm_put_config_event(0, $1, '{}', 'x')`;
    const key = (tenant: string) => [Buffer.from(encodeKeyPart(tenant))];
    for (const text of [lock, put]) {
      await expect(asTenant(database, 'a', text, key('b'))).rejects.toMatchObject(DENIED);
      await expect(asTenant(database, 'a', text, [null])).rejects.toMatchObject(DENIED);
      await expect(asTenant(database, '', text, key(''))).rejects.toMatchObject(DENIED);
      await expect(database.api.query(text, key('a'))).rejects.toMatchObject(DENIED);
      await expect(database.pipeline.query(text, key('a'))).rejects.toMatchObject(DENIED);
    }
    await expect(asTenant(database, 'a', 'SELECT * FROM mmm_outbox')).rejects.toMatchObject(DENIED);
    await expect(asTenant(database, 'a', 'SELECT * FROM mmm_settings')).rejects.toMatchObject(DENIED);
    // An id that looks like a key of somebody else's: encoded as in every other key.
    for (const odd of ['a|b', 'a%7Cb', '{a}%', 'gr\u00fcn']) {
      await definitions.upsertTenantPolicy(odd, { id: odd }, 'test');
      expect((await configRows(database, odd)).map((row) => row.key)).toEqual([encodeKeyPart(odd)]);
    }
  });
});

describe('which shard', () => {
  const PARTITIONS = 12;
  const tenants = Array.from({ length: 40 }, (_, n) => `tenant-${n}`);
  const home = (tenant: string): number => partitionOf(encodeKeyPart(tenant), PARTITIONS);
  const elsewhere = tenants.find((tenant) => home(tenant) !== 0)!;

  test('that of the tenant\u2019s key, once the number of partitions is known', async () => {
    const database = await newDatabase();
    await ensurePartitionCount(database.pipeline, PARTITIONS);
    const definitions = new Definitions(database);
    for (const tenant of tenants) await definitions.upsertTenantPolicy(tenant, { id: tenant }, 'test');
    const rows = await configRows(database);
    expect(new Map(rows.map(({ event, shard }) => [event.tenant_id, shard]))).toEqual(
      new Map(tenants.map((tenant) => [tenant, home(tenant)])),
    );
    await expectGapless(database);
  });

  test('before the first start of an engine shard 0, and what follows stays behind it until that is published', async () => {
    const database = await newDatabase();
    const definitions = new Definitions(database);
    const apply = async (tenant: string, n: number): Promise<void> =>
      void (await definitions.upsertTenantPolicy(tenant, { id: tenant, n }, 'test'));
    const shards = async (tenant: string): Promise<number[]> =>
      (await configRows(database, tenant)).map(({ shard }) => shard);
    await apply(elsewhere, 1);
    expect(await shards(elsewhere)).toEqual([0]);

    await ensurePartitionCount(database.pipeline, PARTITIONS);
    const journal = new PostgresJournal(database.pipeline, clock);
    const session = await journal.openShard(0);
    expect(session).toMatchObject({ nextNumber: 2n, publishedUpto: -1n });
    await apply(elsewhere, 2);
    expect(await shards(elsewhere)).toEqual([0, 0]);
    const other = tenants.find((tenant) => home(tenant) !== 0 && tenant !== elsewhere)!;
    await apply(other, 1);
    expect(await shards(other)).toEqual([home(other)]);

    await journal.published(0, session.epoch, 2n);
    await apply(elsewhere, 3);
    expect(
      (await configRows(database, elsewhere)).map(({ shard, event }) => [shard, event.payload['version']]),
    ).toEqual([
      [0, 1],
      [0, 2],
      [home(elsewhere), 3],
    ]);
  });

  test('commits of the session and changes of the same people at the same time: no deadlock, no gap, each told once', async () => {
    const database = await newDatabase();
    await ensurePartitionCount(database.pipeline, 1);
    const definitions = new Definitions(database);
    const journal = new PostgresJournal(database.pipeline, clock);
    const { epoch } = await journal.openShard(0);
    const people = Array.from({ length: 4 }, (_, n) => actor(`dev-${n}`, 'acme'));
    await journal.commit({ shard: 0, epoch, actors: people.map((key) => next(fresh(key))) });
    const decide = async (): Promise<void> => {
      for (let round = 0; round < 40; round++) {
        const folded = await Promise.all(people.map(async (key) => await foldOne(journal, key)));
        await journal.commit({ shard: 0, epoch, actors: folded.map((one) => next(one)) });
      }
    };
    const change = async (n: number): Promise<void> => {
      for (let round = 0; round < 10; round++)
        await definitions.upsertActorProfile('acme', people[n]!.actorId, profile(`role-${round}`), 'test');
    };
    await Promise.all([decide(), ...people.map(async (_, n) => await change(n))]);
    const rows = await configRows(database, 'acme');
    expect(rows).toHaveLength(40);
    expect(new Set(rows.map(({ event }) => event.event_id)).size).toBe(40);
    await expectGapless(database);
  });
});
