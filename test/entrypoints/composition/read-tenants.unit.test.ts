import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readTenants } from '../../../src/entrypoints/composition/read-tenants.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmm-tenants-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});
const read = async (tenant: object) => {
  const path = join(folder, 'tenants.json');
  await writeFile(path, JSON.stringify({ tenants: [{ id: 'other' }, { id: 'acme', ...tenant }] }));
  return await readTenants(path);
};
const inhibitions = (when: string): object => ({ inhibitions: [{ name: 'calm', when, mutes: ['normal'] }] });

test('inhibitions, freezes and caps by type are taken by schema, parser and compiler', async () => {
  const tenant = {
    ...inhibitions('context.release_failed || "on_call" in actor.roles'),
    freezes: [{ from: '2026-12-19T18:00:00+01:00', until: '2026-12-27T08:00:00Z', repos: ['org/*'] }],
    quotas: { per_type_per_day: { mentor: 2 } },
    incident_min_severity: 'high',
  };
  expect(await read(tenant)).toMatchObject({ ok: true, tenants: [{}, { tenantId: 'acme' }] });
});

test.each(['context.release_faild', 'signal.', 'signal.branch.matches("(")', '1 + 1'])(
  'an inhibition that does not compile is refused with its place: %s',
  async (when) => {
    expect(await read(inhibitions(when))).toMatchObject({
      ok: false,
      findings: [{ path: 'tenants[1].inhibitions[0].when' }],
    });
  },
);
