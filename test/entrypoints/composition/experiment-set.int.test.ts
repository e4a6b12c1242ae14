import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createCelCompiler } from '../../../src/adapters/cel/cel-compiler.ts';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import { Definitions } from '../../../src/adapters/postgres/definitions.ts';
import { PostgresContextSource } from '../../../src/adapters/postgres/postgres-context-source.ts';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { PostgresRulesSource } from '../../../src/adapters/postgres/postgres-rules-source.ts';
import { compileRules } from '../../../src/domain/compile-rules.ts';
import type { TenantRules } from '../../../src/domain/rules.ts';
import type { ChangingStore } from '../../../src/entrypoints/composition/changing-store.ts';
import {
  activateExperiment,
  applyExperiments,
  checkAllExperiments,
  checkExperiments,
  deactivateExperiment,
  listExperiments,
  startShadow,
  stopShadow,
} from '../../../src/entrypoints/composition/experiment-set.ts';
import type { MmmDecision } from '../../../src/generated/records.ts';
import { decideNow } from '../../../src/pipeline/decide/decide-now.ts';
import { silent } from '../../adapters/postgres/silent-logger.ts';
import { makeDatabase, type TestDatabase } from '../../adapters/postgres/test-database.ts';
import { DecideHarness, NOTICE_PUSH, push } from '../../pipeline/harness.ts';

let database: TestDatabase;
let store: ChangingStore;
let definitions: Definitions;
let folder: string;
let tenant: string;
beforeAll(async () => {
  database = await makeDatabase();
  const { url, api, pipeline, toRecord } = database;
  store = { url, api, pipeline, toRecord, ended: new Promise(() => {}), close: () => Promise.resolve() };
  definitions = new Definitions(store);
  folder = await mkdtemp(join(tmpdir(), 'mmm-experiments-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const OWNER = 'test';
const VERSIONS = ['A push', 'A push again', 'Pushed', 'A push was seen'];
/** Version 1 was withdrawn, 2 is published, 3 is a draft, 4 runs as shadow. */
beforeEach(async () => {
  tenant = `t-${randomUUID()}`;
  const policy = { id: tenant, unknown_actors: 'allow', quiet_hours: { start: '00:00', end: '00:00' } };
  await definitions.upsertTenantPolicy(tenant, policy, OWNER);
  for (const title of VERSIONS) {
    const [action] = NOTICE_PUSH.actions;
    const document = { ...NOTICE_PUSH, actions: [{ ...action, template: { ...action!.template, title } }] };
    const { version } = await definitions.importPlaybook(tenant, NOTICE_PUSH.id, document, OWNER);
    if (version < 3) await definitions.publishPlaybook(tenant, NOTICE_PUSH.id, version, OWNER);
  }
  await startShadow(store, tenant, NOTICE_PUSH.id, 4, OWNER);
});

const arms = (control: number, silence: number) => [
  { name: 'control', version: 2, weight: control },
  { name: 'other', version: 4, weight: Number((1 - control - silence).toFixed(2)) },
  { name: 'silence', holdout: true, weight: silence },
];
const written = async (change: object = {}): Promise<string> => {
  const path = join(folder, `${randomUUID()}.json`);
  const least = { id: 'e1', name: 'E', playbook: NOTICE_PUSH.id, unit: 'actor', arms: arms(0.4, 0.2) };
  await writeFile(path, JSON.stringify({ ...least, ...change }));
  return path;
};
const apply = async (change: object = {}) => await applyExperiments(store, tenant, await written(change), OWNER);
const statusOf = async (id = 'e1') =>
  (await listExperiments(store, tenant)).find(({ experiment }) => experiment.id === id)?.status;

/** What a process that starts now would decide by. */
const rulesNow = async (): Promise<TenantRules> => {
  const clock = { monotonicMs: () => performance.now() };
  const compile = (
    _: string,
    stored: Parameters<ConstructorParameters<typeof PostgresRulesSource>[0]['compile']>[1],
  ) => {
    const compiled = compileRules({ ...stored, conditions: createCelCompiler(), ids: uuidIds });
    return compiled.ok ? compiled.rules : null;
  };
  return (await new PostgresRulesSource({ database: database.pipeline, compile, clock, logger: silent }).load(tenant))!;
};

const decide = async (people: number): Promise<MmmDecision[]> => {
  const rules = await rulesNow();
  const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };
  const { deps } = new DecideHarness(rules, 1, {
    journal: new PostgresJournal(database.pipeline, clock),
    context: new PostgresContextSource(database.pipeline, clock),
    clock,
  });
  const decisions: MmmDecision[] = [];
  for (let n = 0; n < people; n += 1) {
    const occurred_at = new Date(clock.now()).toISOString();
    const signal = push(`dev${n}`, `${tenant}-${randomUUID()}`, { tenant_id: tenant, occurred_at });
    const { decision } = await decideNow({ ...deps, partitions: 1 }, signal, 60_000);
    decisions.push(decision!);
  }
  return decisions;
};

describe('an experiment', () => {
  test('goes from draft over active to inactive, and each step is audited', async () => {
    expect(await apply()).toEqual([{ experiment: 'e1', changed: 'new' }]);
    expect(await apply()).toEqual([{ experiment: 'e1', changed: 'same' }]);
    expect(await statusOf()).toBe('draft');
    expect((await rulesNow()).experiments.size).toBe(0);

    expect(await activateExperiment(store, tenant, 'e1', OWNER)).toBe(true);
    expect(await activateExperiment(store, tenant, 'e1', OWNER)).toBe(false);
    const running = await rulesNow();
    expect(running.policyVersionIds).toEqual(expect.arrayContaining(['notice-push@4:arm', 'notice-push@2']));
    expect(running.policyVersionIds).not.toContain('notice-push@3');

    expect(await deactivateExperiment(store, tenant, 'e1', OWNER)).toBe(true);
    expect((await rulesNow()).experiments.size).toBe(0);
    await expect(deactivateExperiment(store, tenant, 'none', OWNER)).rejects.toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
    });

    const audited = await database.pipeline.query('SELECT 1').then(() =>
      database.api.transaction(async (tx) => {
        await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenant]);
        return await tx.query<{ what: string }>(
          `SELECT what FROM mmm_audit WHERE what LIKE 'experiment%' ORDER BY audit_id`,
        );
      }),
    );
    expect(audited.map(({ what }) => what)).toEqual(['experiment_changed', 'experiment_active', 'experiment_inactive']);
  });

  test('is refused when it leaves its bounds or the versions do not bear it', async () => {
    const refused = { code: 'EXPERIMENT_INVALID' };
    await expect(apply({ arms: arms(0.2, 0.6) })).rejects.toMatchObject(refused);
    await expect(
      apply({ arms: [...arms(0.4, 0.2).slice(1), { name: 'draft', version: 3, weight: 0.4 }] }),
    ).rejects.toMatchObject(refused);
    await expect(apply({ playbook: 'nothing' })).rejects.toMatchObject(refused);
    await expect(applyExperiments(store, 'nobody', await written(), OWNER)).rejects.toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
    });
    expect(await statusOf()).toBeUndefined();
  });

  test('that runs takes other weights, and no other arms; a playbook has one that runs', async () => {
    await apply();
    await activateExperiment(store, tenant, 'e1', OWNER);
    expect(await apply({ arms: arms(0.6, 0.2) })).toMatchObject([{ changed: 'changed' }]);
    await expect(apply({ unit: 'repository' })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(apply({ arms: arms(0.5, 0.5).filter(({ weight }) => weight > 0) })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await apply({ id: 'e2' });
    await expect(activateExperiment(store, tenant, 'e2', OWNER)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await statusOf('e2')).toBe('draft');
  });

  test('is over for decisions once the winner is published, and says so', async () => {
    await apply();
    await activateExperiment(store, tenant, 'e1', OWNER);
    await definitions.publishPlaybook(tenant, NOTICE_PUSH.id, 4, OWNER);
    const after = await rulesNow();
    expect([after.experiments.size, after.policyVersionIds.includes('notice-push@4')]).toEqual([0, true]);
    expect((await listExperiments(store, tenant))[0]?.over).toContain('2 was withdrawn');
    await expect(activateExperiment(store, tenant, 'e1', OWNER)).rejects.toMatchObject({ code: 'EXPERIMENT_INVALID' });
  });

  test('is counted by what was recorded; a ratio that is off puts it on hold, and nobody is told anything', async () => {
    await apply();
    await activateExperiment(store, tenant, 'e1', OWNER);
    const decisions = await decide(90);
    const reasons = decisions.map(
      ({ candidates }) => `${candidates[0]!.playbook_version} ${candidates[0]!.reason_code}`,
    );
    expect(new Set(reasons)).toEqual(new Set(['4 sent', '2 sent', '2 holdout']));
    const [fits] = await checkExperiments(store, tenant, OWNER);
    expect(fits).toMatchObject({ experiment: 'e1', held: false, check: { verdict: 'fits' } });
    const of = (reason: string) => reasons.filter((one) => one === reason).length;
    expect(fits!.check.arms.map(({ arm, units }) => [arm, units])).toEqual([
      ['control', of('2 sent')],
      ['other', of('4 sent')],
      ['silence', of('2 holdout')],
    ]);
    // A second decision about the same person is no second unit.
    await decide(90);
    expect((await checkExperiments(store, tenant, OWNER))[0]?.check.arms).toEqual(fits!.check.arms);

    // A fault that loses what one arm recorded.
    await database.pipeline.query(`DELETE FROM mmm_decisions WHERE tenant_id = $1 AND trace LIKE '%"arm":"other"%'`, [
      tenant,
    ]);
    await checkAllExperiments(store, silent);
    expect(await statusOf()).toBe('hold');
    const held = await decide(5);
    expect(held.map(({ actions, candidates }) => [actions.length, candidates[0]!.reason_code])).toEqual(
      Array(5).fill([0, 'experiment_on_hold']),
    );
    // Only a person leads out of it; then the counting begins anew.
    expect(await activateExperiment(store, tenant, 'e1', OWNER)).toBe(true);
    expect((await checkExperiments(store, tenant, OWNER))[0]?.check.verdict).toBe('too_few');
  });
});

describe('a shadow version', () => {
  test('runs beside the published one until it is stopped or published', async () => {
    expect(await startShadow(store, tenant, NOTICE_PUSH.id, 4, OWNER)).toBe(false);
    const [decision] = await decide(1);
    expect(decision!.candidates.map(({ playbook_version, reason_code }) => [playbook_version, reason_code])).toEqual([
      [2, 'sent'],
      [4, 'shadow'],
    ]);
    expect(await stopShadow(store, tenant, NOTICE_PUSH.id, 4, OWNER)).toBe(true);
    expect(await stopShadow(store, tenant, NOTICE_PUSH.id, 4, OWNER)).toBe(false);
    expect((await rulesNow()).policyVersionIds).toEqual(['notice-push@2', expect.stringContaining('policy:')]);
    const statuses = await database.pipeline.query<{ version: number; status: string }>(
      'SELECT version, status FROM mmm_playbooks WHERE tenant_id = $1 ORDER BY version',
      [tenant],
    );
    expect(statuses.map(({ status }) => status)).toEqual(['deprecated', 'published', 'draft', 'draft']);
  });

  test('is no published and no withdrawn version, does not fail the lint, and exists', async () => {
    for (const version of [1, 2])
      await expect(startShadow(store, tenant, NOTICE_PUSH.id, version, OWNER)).rejects.toMatchObject({
        code: 'CONFLICT',
      });
    await expect(startShadow(store, tenant, NOTICE_PUSH.id, 9, OWNER)).rejects.toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
    });
    const bad = { ...NOTICE_PUSH, when: 'signal.nope' };
    const { version } = await definitions.importPlaybook(tenant, NOTICE_PUSH.id, bad, OWNER);
    await expect(startShadow(store, tenant, NOTICE_PUSH.id, version, OWNER)).rejects.toMatchObject({
      code: 'PLAYBOOK_INVALID',
    });
  });
});
