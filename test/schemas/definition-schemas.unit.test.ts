import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parsePlaybook } from '../../src/domain/playbook/parse-playbook.ts';
import { compileJsonSchema } from './compile-json-schema.ts';

type Json = Readonly<Record<string, unknown>>;
const read = (text: string): Json => parse(text) as Json;

const PLAYBOOK = read(`
id: tests-missing
name: Changes without tests
description: Says so
owner: platform-team
tier: normal
triggers:
  - { event_type: commit_pushed, sources: [pm3], min_severity: info, actor_types: [human], actor_roles: [developer], repos: ["org/*"] }
when: 'signal.payload.test_files == 0 && recent.count("commit_pushed", "7d") >= 3'
limits: { cooldown: 4h, subject_cooldown: 7d, per_actor_per_day: 2, per_repo_per_day: 5 }
deferral: { mode: defer, expires_after: 24h }
actions:
  - { type: mirror, surfaces: [ide, ci], template: { title: T, body: B } }
  - type: mentor
    surfaces: [ide]
    model: { system_prompt_id: mentor-v1 }
    template: { title: T, body: B }
    rationale: { why_relevant: W, evidence: [signal, recent] }
  - { type: multiplier, surfaces: [ide], action_ref: add-test-skeleton, dual_channel: false, template: { title: T, body: B } }
`);
const MIRROR = { type: 'mirror', surfaces: ['ide'], template: { title: 'T', body: 'B' } };
const LEAST: Json = { id: 'a', name: 'A', owner: 'o', triggers: [{ event_type: 'x*' }], actions: [MIRROR] };
const { id: _id, ...NO_ID } = LEAST;
const { type: _type, ...NO_TYPE } = MIRROR;
const withAction = (action: object): Json => ({ ...LEAST, actions: [action] });

describe('playbook: the schema and the parser of the engine say the same', () => {
  const validate = compileJsonSchema('playbook');

  test.each<[string, boolean, Json]>([
    ['the example of the interface', true, PLAYBOOK],
    ['the least', true, LEAST],
    [
      'a mentor with model text alone',
      true,
      withAction({ ...NO_TYPE, type: 'mentor', model: { system_prompt_id: 'm' } }),
    ],
    ['all event types', true, { ...LEAST, triggers: [{ event_type: '*' }] }],
    ['no id', false, NO_ID],
    ['an id with capitals', false, { ...LEAST, id: 'Tests' }],
    ['a field that nobody knows', false, { ...LEAST, limit: {} }],
    ['a misspelt limit', false, { ...LEAST, limits: { cool_down: '4h' } }],
    ['a cool-down of zero', false, { ...LEAST, limits: { cooldown: '0h' } }],
    ['a cool-down without a unit', false, { ...LEAST, limits: { cooldown: 4 } }],
    ['a star in the middle', false, { ...LEAST, triggers: [{ event_type: 'a*b' }] }],
    ['no trigger', false, { ...LEAST, triggers: [] }],
    ['a trigger for services', false, { ...LEAST, triggers: [{ event_type: 'x', actor_types: ['service'] }] }],
    ['another language', false, { ...LEAST, lang: 'de' }],
    ['no action', false, { ...LEAST, actions: [] }],
    ['an action without type', false, withAction(NO_TYPE)],
    ['no surface', false, withAction({ ...MIRROR, surfaces: [] })],
    ['a surface twice', false, withAction({ ...MIRROR, surfaces: ['ide', 'ide'] })],
    ['a mirror with model text', false, withAction({ ...MIRROR, model: { system_prompt_id: 'm' } })],
    ['a mirror without text', false, withAction({ type: 'mirror', surfaces: ['ide'] })],
    ['a mirror that executes', false, withAction({ ...MIRROR, action_ref: 'x' })],
    ['a multiplier without action', false, withAction({ ...MIRROR, type: 'multiplier' })],
    [
      'consent switched off',
      false,
      withAction({ ...MIRROR, type: 'multiplier', action_ref: 'x', requires_consent: false }),
    ],
    ['a deferral without mode', false, { ...LEAST, deferral: { expires_after: '1h' } }],
    ['a condition over 2 KB', false, { ...LEAST, when: 'a'.repeat(2_049) }],
  ])('%s: %s', (_name, expected, document) => {
    expect([validate(document), parsePlaybook(document, 1).ok]).toEqual([expected, expected]);
  });
});

describe('tenants file', () => {
  const validate = compileJsonSchema('tenants');
  const tenant = (fields: Json): Json => ({ tenants: [{ id: 'demo', ...fields }] });

  test('the example of the interface and the least are valid', () => {
    const example = read(`
tenants:
  - id: demo
    time_zone: UTC
    unknown_actors: allow
    enabled_action_types: [mirror, mentor]
    quotas: { max_actions_per_day: 10, max_actions_per_hour: 3, per_repo_per_day: 5 }
    quiet_hours: { start: "22:00", end: "06:00", days: { sat: all, sun: all } }
    reserve: { critical: 2, release_last: 4h }
    max_lateness: 24h
    dismissal_memory: { subject: 14d, anywhere: 3d }
    approver_roles: [tenant_admin]
    safety_critical: false
    inhibitions: []
    actors: [{ id: dev1, roles: [developer], time_zone: "+05:30", preferences: { opt_out_categories: [], preferred_surfaces: [ide], snooze_until: null } }]
    playbooks: starter
`);
    const own = tenant({
      event_types: { design_reviewed: { about: 'A design was reviewed', payload: { score: 'number' } } },
    });
    for (const file of [example, own, tenant({}), tenant({ quiet_hours: { start: 22, end: 6 } })]) {
      expect([validate(file), validate.errors]).toEqual([true, null]);
    }
  });

  test.each<[string, Json]>([
    ['no tenant', { tenants: [] }],
    ['a field that nobody knows', tenant({ quota: {} })],
    ['a third way with unknown actors', tenant({ unknown_actors: 'maybe' })],
    ['a negative cap', tenant({ quotas: { max_actions_per_day: -1 } })],
    ['an hour that does not exist', tenant({ quiet_hours: { start: '24:00', end: '06:00' } })],
    ['a weekday that does not exist', tenant({ quiet_hours: { start: 22, end: 6, days: { day: 'all' } } })],
    ['a memory for nothing', tenant({ dismissal_memory: { subject: '0d' } })],
    ['a memory of nobody knows what', tenant({ dismissal_memory: { playbook: '3d' } })],
    ['a zone that is no zone', tenant({ time_zone: '5h30' })],
    ['an actor without id', tenant({ actors: [{ roles: [] }] })],
    ['an event type in capitals', tenant({ event_types: { Design: {} } })],
    ['a payload key of a type that no payload has', tenant({ event_types: { a: { payload: { b: 'date' } } } })],
  ])('%s is refused', (_name, file) => {
    expect(validate(file)).toBe(false);
  });
});
