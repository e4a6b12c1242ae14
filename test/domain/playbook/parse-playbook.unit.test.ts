import { describe, expect, test } from '@jest/globals';
import { parsePlaybook } from '../../../src/domain/playbook/parse-playbook.ts';

const document = (change: object = {}): Record<string, unknown> => ({
  id: 'tests-missing',
  name: 'Changes without tests',
  owner: 'platform',
  triggers: [{ event_type: 'commit_pushed' }],
  actions: [{ type: 'mirror', surfaces: ['ide'], template: { title: 'a title', body: 'a body' } }],
  ...change,
});
const multiplier = (change: object = {}): object => ({
  type: 'multiplier',
  surfaces: ['ide'],
  template: { title: 'An offer', body: 'A skeleton of a test' },
  action_ref: 'add-test-skeleton',
  ...change,
});
const pathsOf = (value: unknown): readonly string[] => {
  const parsed = parsePlaybook(value, 1);
  return parsed.ok ? [] : parsed.findings.map((found) => found.path);
};

test('a playbook of interface 5 is read whole, durations in milliseconds', () => {
  const parsed = parsePlaybook(
    document({
      tier: 'high',
      triggers: [
        { event_type: 'commit_*', sources: ['pm3'], min_severity: 'low', actor_types: ['human'], repos: ['org/*'] },
      ],
      when: 'signal.payload.test_files == 0',
      limits: {
        cooldown: '4h',
        subject_cooldown: '30d',
        subject_rest: '7d',
        per_actor_per_day: 2,
        per_repo_per_day: 5,
      },
      deferral: { mode: 'defer', expires_after: '90s' },
    }),
    7,
  );
  expect(parsed).toMatchObject({
    ok: true,
    playbook: {
      version: 7,
      tier: 'high',
      triggers: [{ eventType: 'commit_*', sources: ['pm3'], minSeverity: 'low', actorRoles: null, repos: ['org/*'] }],
      limits: {
        cooldownMs: 14_400_000,
        subjectCooldownMs: 2_592_000_000,
        subjectRestMs: 604_800_000,
        perActorPerDay: 2,
        perRepoPerDay: 5,
      },
      deferral: { mode: 'defer', expiresAfterMs: 90_000 },
    },
  });
});

test('what is left out has its default: tier normal, no limits, deferral by type for a day', () => {
  expect(parsePlaybook(document(), 1)).toMatchObject({
    playbook: {
      tier: 'normal',
      when: null,
      limits: {
        cooldownMs: null,
        subjectCooldownMs: null,
        subjectRestMs: null,
        perActorPerDay: null,
        perRepoPerDay: null,
      },
      deferral: { mode: 'by_type', expiresAfterMs: 86_400_000 },
    },
  });
});

describe('is refused, with the place of the fault', () => {
  test.each([
    ['an unknown field', document({ limit: {} }), 'limit'],
    ['an unknown limit', document({ limits: { cool_down: '4h' } }), 'limits.cool_down'],
    [
      'a limit that is no number (D-66)',
      document({ limits: { per_actor_per_day: 'two' } }),
      'limits.per_actor_per_day',
    ],
    ['a limit of zero', document({ limits: { per_actor_per_day: 0 } }), 'limits.per_actor_per_day'],
    ['a limit that is not whole', document({ limits: { per_actor_per_day: 1.5 } }), 'limits.per_actor_per_day'],
    ['a duration without a unit', document({ limits: { cooldown: 4 } }), 'limits.cooldown'],
    ['a cool-down longer than what is remembered', document({ limits: { cooldown: '31d' } }), 'limits.cooldown'],
    ['an id that is no slug', document({ id: 'Tests Missing' }), 'id'],
    ['no triggers', document({ triggers: [] }), 'triggers'],
    ['a star inside', document({ triggers: [{ event_type: 'a*b' }] }), 'triggers[0].event_type'],
    [
      'a trigger for services',
      document({ triggers: [{ event_type: 'a', actor_types: ['service'] }] }),
      'triggers[0].actor_types',
    ],
    ['an empty list of sources', document({ triggers: [{ event_type: 'a', sources: [] }] }), 'triggers[0].sources'],
    [
      'a mirror with model text',
      document({
        actions: [
          { type: 'mirror', surfaces: ['ide'], template: { title: 'a', body: 'b' }, model: { system_prompt_id: 'x' } },
        ],
      }),
      'actions[0].model',
    ],
    ['an action without text', document({ actions: [{ type: 'mentor', surfaces: ['ide'] }] }), 'actions[0].template'],
    [
      'a multiplier without something to execute',
      document({ actions: [multiplier({ action_ref: undefined })] }),
      'actions[0].action_ref',
    ],
    [
      'a breakpoint that is waited for by what waits for nothing',
      document({ deferral: { mode: 'drop', until: 'breakpoint' } }),
      'deferral.until',
    ],
    ['another moment to wait for', document({ deferral: { mode: 'defer', until: 'lunch' } }), 'deferral.until'],
    ['an unknown surface', document({ actions: [multiplier({ surfaces: ['pager'] })] }), 'actions[0].surfaces'],
    [
      'text that is not text',
      document({ actions: [multiplier({ template: { title: 3, body: 'b' } })] }),
      'actions[0].template.title',
    ],
  ])('%s', (_name, value, path) => {
    expect(pathsOf(value)).toEqual([path]);
  });

  test.each([false, true])('a multiplier that sets requires_consent: %s (D-35)', (consent) => {
    expect(pathsOf(document({ actions: [multiplier({ requires_consent: consent })] }))).toEqual([
      'actions[0].requires_consent',
    ]);
  });

  test.each([null, 3, 'text', [], { __proto__: null }])('a document that is no playbook: %p', (value) => {
    expect(pathsOf(value)).not.toEqual([]);
  });
});

test('all faults are told together', () => {
  expect(pathsOf(document({ id: '', tier: 'urgent', limits: { cooldown: 'soon', per_repo_per_day: NaN } }))).toEqual([
    'id',
    'tier',
    'limits.cooldown',
    'limits.per_repo_per_day',
  ]);
});
