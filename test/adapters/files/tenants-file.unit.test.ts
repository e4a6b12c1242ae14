import { describe, expect, test } from '@jest/globals';
import { parseTenantsFile } from '../../../src/adapters/files/tenants-file.ts';

const pathsOf = (document: unknown): readonly string[] => {
  const parsed = parseTenantsFile(document);
  return parsed.ok ? [] : parsed.findings.map((found) => found.path);
};

test('the example of interface 5a is read', () => {
  const demo = {
    id: 'demo',
    time_zone: 'UTC',
    unknown_actors: 'allow',
    enabled_action_types: ['mirror', 'mentor'],
    quotas: { max_actions_per_day: 10, max_actions_per_hour: 3, per_repo_per_day: 5 },
    quiet_hours: { start: '22:00', end: '06:00', days: { sat: 'all', sun: 'all' } },
    reserve: { critical: 2, release_last: '4h' },
    max_lateness: '24h',
    approver_roles: ['tenant_admin'],
    safety_critical: false,
    inhibitions: [],
    actors: [
      {
        id: 'dev1',
        roles: ['developer'],
        time_zone: '+05:30',
        preferences: { opt_out_categories: [], preferred_surfaces: ['ide'], snooze_until: null },
      },
    ],
    playbooks: 'starter',
  };
  const parsed = parseTenantsFile({ tenants: [demo, { id: 'other' }] });
  expect(parsed).toMatchObject({
    ok: true,
    tenants: [
      { tenantId: 'demo', starterPlaybooks: true, policy: { unknownActors: 'allow' }, actors: [{ id: 'dev1' }] },
      { tenantId: 'other', starterPlaybooks: false, actors: [] },
    ],
  });
  expect(parsed.ok && parsed.tenants[0]?.document).toBe(demo);
});

describe('is refused, with the place of the fault', () => {
  test.each([
    ['nothing', null, ''],
    ['no tenants', { tenants: [] }, 'tenants'],
    ['a tenant twice', { tenants: [{ id: 'a' }, { id: 'a' }] }, 'tenants[1].id'],
    ['a misspelt field', { tenants: [{ id: 'a', quota: {} }] }, 'tenants[0]'],
    ['a zone that is none', { tenants: [{ id: 'a', time_zone: 'Mars/Olympus' }] }, 'tenants[0].time_zone'],
    ['an actor twice', { tenants: [{ id: 'a', actors: [{ id: 'd' }, { id: 'd' }] }] }, 'tenants[0].actors[1].id'],
  ])('%s', (_name, document, path) => {
    expect(pathsOf(document)).toEqual([path]);
  });
});
