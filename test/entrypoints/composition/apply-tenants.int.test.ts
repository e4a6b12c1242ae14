import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DefinitionReader } from '../../../src/adapters/postgres/definition-reader.ts';
import { applyTenants } from '../../../src/entrypoints/composition/apply-tenants.ts';
import type { ChangingStore } from '../../../src/entrypoints/composition/changing-store.ts';
import { listExperiments } from '../../../src/entrypoints/composition/experiment-set.ts';
import { planTenants } from '../../../src/entrypoints/composition/plan-tenants.ts';
import { makeDatabase, type TestDatabase } from '../../adapters/postgres/test-database.ts';

let database: TestDatabase;
let store: ChangingStore;
let folder: string;
beforeAll(async () => {
  database = await makeDatabase();
  const { url, api, pipeline, toRecord } = database;
  store = { url, api, pipeline, toRecord, ended: new Promise(() => {}), close: () => Promise.resolve() };
  folder = await mkdtemp(join(tmpdir(), 'mmm-tenants-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const written = async (tenant: object): Promise<string> => {
  const path = join(folder, `${randomUUID()}.json`);
  await writeFile(path, JSON.stringify({ tenants: [tenant] }));
  return path;
};
const apply = async (tenant: object) => (await applyTenants(store, await written(tenant), 'test'))[0]!;
const live = async (tenantId: string): Promise<string[]> =>
  (await new DefinitionReader(store.api).playbooks(tenantId))
    .filter(({ status }) => status === 'published')
    .map(({ playbookId }) => playbookId);

test('a starter playbook that could never speak under the tenant\u2019s settings is not published, with place and remedy; the rest goes on', async () => {
  const id = `t-${randomUUID()}`;
  const mute = { id, playbooks: 'starter', quotas: { max_actions_per_day: 0 }, actors: [{ id: 'dev1', roles: [] }] };
  const [planned] = await planTenants(store, await written(mute));
  const refused = await apply(mute);
  expect(refused.changes).toEqual(['policy is now version 1', 'profile of dev1']);
  expect(refused.refused.length).toBeGreaterThan(0);
  for (const why of refused.refused) expect(why).toMatch(/^[a-z-]+: [a-z_.[\]0-9]*: .+; .+/);
  expect(planned).toEqual(refused);
  expect(await live(id)).toEqual([]);

  const speaking = await apply({ ...mute, quotas: {} });
  expect(speaking.refused).toEqual([]);
  expect((await live(id)).length).toBeGreaterThan(4);
  // What is live as it is in the package is left alone, whatever the lint would say of it now.
  expect(await apply(mute)).toEqual({
    tenantId: id,
    policyVersion: 3,
    changes: ['policy is now version 3'],
    refused: [],
  });
});

test('experiments of the file are drafts; told once, changed when they change, and refused whole when one is wrong', async () => {
  const id = `t-${randomUUID()}`;
  const experiment = {
    id: 'quiet-welcome',
    name: 'Does a welcome help',
    playbook: 'welcome',
    unit: 'actor',
    arms: [
      { name: 'control', version: 1, weight: 0.5 },
      { name: 'silence', holdout: true, weight: 0.5 },
    ],
  };
  const tenant = { id, playbooks: 'starter', experiments: [experiment] };
  expect((await apply(tenant)).changes).toContain('experiment quiet-welcome is new');
  expect(await listExperiments(store, id)).toMatchObject([{ status: 'draft', experiment: { id: 'quiet-welcome' } }]);
  expect((await apply(tenant)).changes).toEqual([]);
  const renamed = { ...tenant, experiments: [{ ...experiment, name: 'Does it' }] };
  expect((await planTenants(store, await written(renamed)))[0]!.changes).toContain(
    'experiment quiet-welcome is changed',
  );
  expect((await apply(renamed)).changes).toContain('experiment quiet-welcome is changed');

  const heavy = { ...experiment, arms: experiment.arms.map((arm) => ({ ...arm, weight: 0.9 })) };
  await expect(apply({ ...tenant, experiments: [heavy] })).rejects.toMatchObject({ code: 'TENANTS_FILE_INVALID' });
  const twice = { ...tenant, experiments: [experiment, experiment] };
  await expect(apply(twice)).rejects.toThrow('tenants[0].experiments[1].id: is there twice');
  const unknown = { ...experiment, id: 'other', arms: [{ name: 'a', version: 9, weight: 0.5 }, experiment.arms[1]] };
  await expect(apply({ ...tenant, experiments: [unknown] })).rejects.toMatchObject({ code: 'EXPERIMENT_INVALID' });
});
