import { describe, expect, test } from '@jest/globals';
import { tenantActorsFrom } from '../../src/domain/tenant-actors.ts';
import { tenantPolicyFrom } from '../../src/domain/tenant-policy.ts';

const policy = (change: object = {}) => {
  const parsed = tenantPolicyFrom({ id: 'acme', ...change }, 1);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return parsed.policy;
};
const faults = (change: object): readonly string[] => {
  const parsed = tenantPolicyFrom({ id: 'acme', ...change }, 1);
  return parsed.ok ? [] : parsed.findings.map((found) => found.path);
};

test('defaults: unknown actors denied, quiet from 22 to 6, R-75 quotas, a day of lateness', () => {
  expect(policy()).toEqual({
    tenantId: 'acme',
    version: 1,
    timeZone: 'UTC',
    unknownActors: 'deny',
    enabledActionTypes: null,
    enabledSurfaces: null,
    quotas: { maxActionsPerDay: 10, maxActionsPerHour: 3, perRepoPerDay: 5 },
    quietHours: { startMinute: 1320, endMinute: 360, days: {} },
    reserve: { tiers: {}, releaseLastMs: 14_400_000 },
    maxLatenessMs: 86_400_000,
    dismissalMemory: { subjectMs: 14 * 86_400_000, anywhereMs: 3 * 86_400_000 },
    approverRoles: ['tenant_admin'],
    safetyCritical: false,
    inhibitions: [],
    freezes: [],
    incidentMinSeverity: 'info',
  });
});

test('an empty list is none, not all (C-24, D-34); a quota of zero is zero', () => {
  const none = policy({
    enabled_action_types: [],
    enabled_surfaces: [],
    approver_roles: [],
    quotas: { max_actions_per_day: 0 },
  });
  expect([none.enabledActionTypes, none.enabledSurfaces, none.approverRoles]).toEqual([[], [], []]);
  expect(none.quotas).toEqual({ maxActionsPerDay: 0, maxActionsPerHour: 3, perRepoPerDay: 5 });
});

test('how long a dismissal is remembered: each part alone, at most the 30 days that the journal folds', () => {
  expect(policy({ dismissal_memory: { subject: '30d' } }).dismissalMemory).toEqual({
    subjectMs: 30 * 86_400_000,
    anywhereMs: 3 * 86_400_000,
  });
  expect(policy({ dismissal_memory: { anywhere: '1s' } }).dismissalMemory).toMatchObject({ anywhereMs: 1_000 });
  expect(faults({ dismissal_memory: { subject: '31d' } })).toEqual(['dismissal_memory.subject']);
  expect(faults({ dismissal_memory: { subjects: '1d' } })).toEqual(['dismissal_memory.subjects']);
});

describe('quiet hours', () => {
  test.each([
    [{ start: 22, end: 6 }, 1320, 360],
    [{ start: '21:30', end: '07:15' }, 1290, 435],
    [{ start: '00:00', end: '00:00' }, 0, 0],
  ])('%p', (quiet_hours, startMinute, endMinute) => {
    expect(policy({ quiet_hours }).quietHours).toEqual({ startMinute, endMinute, days: {} });
  });
  test('weekdays', () => {
    const days = { sat: 'all', sun: 'none', mon: '20:00-09:00' };
    expect(policy({ quiet_hours: { start: 22, end: 6, days } }).quietHours.days).toEqual({
      sat: 'all',
      sun: 'none',
      mon: { startMinute: 1200, endMinute: 540 },
    });
  });
});

test.each([
  [{ quiet_hours: { start: 24, end: 6 } }, 'quiet_hours.start'],
  [{ quiet_hours: { start: '9:00', end: 6 } }, 'quiet_hours.start'],
  [{ quiet_hours: { start: 22, end: 6, days: { mo: 'all' } } }, 'quiet_hours.days.mo'],
  [{ quiet_hours: { start: 22, end: 6, days: { mon: '25:00-26:00' } } }, 'quiet_hours.days.mon'],
  [{ time_zone: 'Mars/Olympus' }, 'time_zone'],
  [{ time_zone: '+25:00' }, 'time_zone'],
  [{ enabled_action_types: ['mirror', 'nag'] }, 'enabled_action_types'],
  [{ quotas: { max_actions_per_day: -1 } }, 'quotas.max_actions_per_day'],
  [{ quotas: { max_per_day: 1 } }, 'quotas.max_per_day'],
  [{ reserve: { low: 1 } }, 'reserve.low'],
  [{ max_lateness: '40d' }, 'max_lateness'],
  [{ safety_critical: 'no' }, 'safety_critical'],
  [{ quotas: { per_type_per_day: { nag: 1 } } }, 'quotas.per_type_per_day.nag'],
  [{ quotas: { per_type_per_day: { mirror: '1' } } }, 'quotas.per_type_per_day.mirror'],
  [{ incident_min_severity: 'P1' }, 'incident_min_severity'],
  [{ inhibitions: 'none' }, 'inhibitions'],
  [{ inhibitions: [{ name: 'A Name', when: 'true', mutes: ['low'] }] }, 'inhibitions[0].name'],
  [{ inhibitions: [{ name: 'a', when: 'true' }] }, 'inhibitions[0].mutes'],
  [{ inhibitions: [{ name: 'a', when: 'true', mutes: [] }] }, 'inhibitions[0].mutes'],
  [{ inhibitions: [{ name: 'a', mutes: ['low'] }] }, 'inhibitions[0].when'],
  [{ inhibitions: ['a', 'a'].map((name) => ({ name, when: 'true', mutes: ['low'] })) }, 'inhibitions[1].name'],
  [{ freezes: [{ from: '2026-12-19', until: '2026-12-27T00:00:00Z' }] }, 'freezes[0].from'],
  [{ freezes: [{ from: '2026-12-19T00:00:00', until: '2026-12-27T00:00:00Z' }] }, 'freezes[0].from'],
  [{ freezes: [{ from: '2026-12-27T00:00:00Z', until: '2026-12-27T01:00:00+01:00' }] }, 'freezes[0].until'],
  [{ freezes: [{ until: '2026-12-27T00:00:00Z' }] }, 'freezes[0].from'],
  [{ quotes: {} }, 'quotes'],
  [{ id: '' }, 'id'],
])('%p is refused', (change, path) => {
  expect(faults(change)).toEqual([path]);
});

test('zones and reserve are read', () => {
  expect(policy({ time_zone: 'Europe/Berlin' }).timeZone).toBe('Europe/Berlin');
  expect(policy({ time_zone: '+05:30' }).timeZone).toBe('+05:30');
  expect(policy({ reserve: { critical: 2, release_last: '2h' } }).reserve).toEqual({
    tiers: { critical: 2 },
    releaseLastMs: 7_200_000,
  });
});

test('caps by action type, inhibitions and freezes are read', () => {
  const read = policy({
    quotas: { per_type_per_day: { mentor: 2, multiplier: 0 } },
    inhibitions: [{ name: 'release-week', when: 'context.release_failed', mutes: ['normal', 'tests-missing'] }],
    freezes: [{ from: '2026-12-19T18:00:00+01:00', until: '2026-12-27T08:00:00Z', repos: ['org/*'] }],
    incident_min_severity: 'medium',
  });
  expect(read).toMatchObject({
    quotas: { maxActionsPerDay: 10, perTypePerDay: { mentor: 2, multiplier: 0 } },
    inhibitions: [{ name: 'release-week', when: 'context.release_failed', mutes: ['normal', 'tests-missing'] }],
    freezes: [
      { fromMs: Date.parse('2026-12-19T17:00:00Z'), untilMs: Date.parse('2026-12-27T08:00:00Z'), repos: ['org/*'] },
    ],
    incidentMinSeverity: 'medium',
  });
});

test('actors with roles, zone and preferences', () => {
  const preferences = { opt_out_categories: ['mentor'], preferred_surfaces: [], snooze_until: '2026-05-06T12:00:00Z' };
  expect(
    tenantActorsFrom({
      id: 'acme',
      actors: [{ id: 'd', roles: ['developer'], time_zone: '+05:30', preferences }, { id: 'e' }],
    }),
  ).toEqual({
    ok: true,
    actors: [
      {
        id: 'd',
        profile: {
          roles: ['developer'],
          timeZone: '+05:30',
          preferences: {
            optOutCategories: ['mentor'],
            preferredSurfaces: [],
            snoozeUntilMs: Date.parse('2026-05-06T12:00:00Z'),
          },
        },
      },
      {
        id: 'e',
        profile: {
          roles: [],
          timeZone: null,
          preferences: { optOutCategories: [], preferredSurfaces: null, snoozeUntilMs: null },
        },
      },
    ],
  });
  expect(tenantActorsFrom({ actors: [{ id: 'd' }, { id: 'd' }] })).toMatchObject({
    ok: false,
    findings: [{ path: 'actors[1].id' }],
  });
  expect(tenantActorsFrom({ actors: [{ id: 'd', preferences: { snooze_until: 'soon' } }] })).toMatchObject({
    ok: false,
  });
});
