import fc from 'fast-check';
import { createCelCompiler } from '../../../src/adapters/cel/cel-compiler.ts';
import type { ActorProfile, ActorState } from '../../../src/domain/actor-state.ts';
import { compileRules } from '../../../src/domain/compile-rules.ts';
import type { PlanInput } from '../../../src/domain/decision/planned.ts';
import type { TenantRules } from '../../../src/domain/rules.ts';
import { SEVERITIES, type Severity } from '../../../src/domain/vocabulary.ts';
import { uuidIds as ids } from '../../../src/adapters/ids/uuid-ids.ts';
import { aSignal, aState, DAY, HOUR, MINUTE, NOON, sentAt } from '../decision/given.ts';

export const conditions = createCelCompiler();

export const compiledRules = (playbooks: readonly object[], policy: object = {}): TenantRules => {
  const compiled = compileRules({
    policy: { id: 'acme', ...policy },
    policyVersion: 1,
    playbooks: playbooks.map((document) => ({ document, version: 1 })),
    conditions,
    ids,
  });
  if (!compiled.ok || compiled.skipped.length > 0) throw new Error(JSON.stringify(compiled));
  return compiled.rules;
};

const WHENS = [
  null,
  'signal.payload.test_files == 0',
  'signal.payload.files_changed > 20',
  '3 <= recent.count("commit_pushed", "7d")',
  'recent.count("commit_pushed", "7d") >= 3 && signal.payload.test_files == 0',
  '!(has(signal.branch) && signal.branch == "main") || context.on_call',
  '(signal.payload.files_changed + 1) * 2 < 9 && (signal.severity == "high" || has(signal.payload.is_fix))',
  'signal.payload.absent > 2',
  'recent.since("pr_opened") < duration("2h")',
  'signal.payload.files_changed > 5 ? signal.payload.test_files != 0 : actor.roles.exists(r, r == "lead")',
];
const ROLES = ['developer', 'lead'];

/** Now and then, not most of the time: else nearly everything would have several reasons, and no single change. */
const seldom = <T>(of: fc.Arbitrary<T>, otherwise: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary: of });
const some = <T>(list: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...list], { minLength: 1 });

const trigger = fc.record(
  {
    event_type: fc.constantFrom('commit_pushed', 'commit_pushed', 'commit_*', '*', 'pr_opened'),
    sources: seldom<string[] | undefined>(some(['pm3', 'ubi']), undefined),
    min_severity: seldom<Severity | undefined>(fc.constantFrom(...SEVERITIES), undefined),
    actor_types: seldom<string[] | undefined>(some(['human', 'ai_agent']), undefined),
    actor_roles: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: some(ROLES) }),
    repos: seldom<string[] | undefined>(some(['org/app', 'other/*']), undefined),
  },
  { requiredKeys: ['event_type'] },
);

const action = fc.oneof(
  fc.record({
    type: fc.constant('mirror'),
    surfaces: some(['ide', 'ci', 'alert']),
    template: seldom(fc.constant({ title: 'A push', body: 'named {{signal.payload.absent}}' }), {
      title: 'A push',
      body: 'of {{signal.payload.files_changed}} files',
    }),
  }),
  fc.constant({
    type: 'multiplier',
    surfaces: ['ide'],
    action_ref: 'add-test',
    template: { title: 'Add a test', body: 'on a click' },
  }),
);

const playbook = fc.record({
  tier: fc.constantFrom('critical', 'high', 'normal', 'low'),
  triggers: fc.array(trigger, { minLength: 1, maxLength: 2 }),
  when: fc.oneof(fc.constant(null), fc.constantFrom(...WHENS)),
  limits: seldom<object>(
    fc.record(
      {
        cooldown: fc.constantFrom('30m', '4h', '3d'),
        subject_cooldown: fc.constantFrom('4h', '2d'),
        subject_rest: fc.constantFrom('1h', '2d'),
        per_actor_per_day: fc.integer({ min: 1, max: 3 }),
        per_repo_per_day: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: [] },
    ),
    {},
  ),
  actions: fc.array(action, { minLength: 1, maxLength: 2 }),
});

const policy = fc.record(
  {
    time_zone: fc.constantFrom('UTC', 'Europe/Berlin', '-09:30'),
    unknown_actors: seldom(fc.constant('deny'), 'allow'),
    enabled_action_types: seldom<string[] | undefined>(fc.constantFrom(['mirror'], ['multiplier'], []), undefined),
    enabled_surfaces: seldom<string[] | undefined>(fc.subarray(['ide', 'ci', 'alert']), undefined),
    quotas: fc.record({
      max_actions_per_day: fc.integer({ min: 1, max: 9 }),
      max_actions_per_hour: fc.integer({ min: 1, max: 5 }),
      per_repo_per_day: fc.integer({ min: 1, max: 7 }),
    }),
    quiet_hours: fc.constantFrom(
      { start: '00:00', end: '00:00' },
      { start: '22:00', end: '06:00' },
      { start: '23:00', end: '05:30', days: { sat: 'all', sun: 'all' } },
    ),
    reserve: seldom<object | undefined>(fc.constant({ critical: 1, high: 1, release_last: '4h' }), undefined),
  },
  { requiredKeys: ['quotas'] },
);

const profile: fc.Arbitrary<ActorProfile> = fc.record({
  roles: fc.subarray(ROLES),
  timeZone: fc.constantFrom(null, 'America/New_York'),
  preferences: fc.record({
    optOutCategories: seldom(fc.subarray(['mirror', 'p0', 'p1']), []),
    preferredSurfaces: seldom<('ide' | 'ci' | 'alert')[] | null>(fc.subarray(['ide', 'ci', 'alert']), null),
    snoozeUntilMs: seldom<number | null>(
      fc.integer({ min: -60, max: 900 }).map((minutes) => NOON + minutes * MINUTE),
      null,
    ),
  }),
});

const sent = fc.array(
  fc.record({
    agoMs: fc.oneof(fc.integer({ min: 0, max: 2 * HOUR }), fc.integer({ min: 0, max: 3 * DAY })),
    playbookId: fc.constantFrom('p0', 'p1', 'p2', 'other', 'other'),
    repo: fc.constantFrom('org/app', 'org/lib', null),
    subject: fc.constantFrom('x', null),
  }),
  { maxLength: 4 },
);

const recent = fc.array(
  fc.record({ agoMs: fc.integer({ min: 1, max: 9 * DAY }), type: fc.constantFrom('commit_pushed', 'pr_opened') }),
  { maxLength: 6 },
);

const signal = fc.record({
  event_type: fc.constantFrom('commit_pushed', 'commit_pushed', 'commit_pushed', 'pr_opened', 'commit_amended'),
  severity: fc.constantFrom(...SEVERITIES),
  source: seldom(fc.constant('ubi'), 'pm3'),
  actor_type: seldom<'human' | 'ai_agent' | 'service'>(fc.constantFrom('ai_agent', 'service'), 'human'),
  repo_id: fc.constantFrom('org/app', 'other/lib', null),
  branch: fc.constantFrom('main', 'dev', null),
  surface_hint: seldom<'ide' | 'ci' | null>(fc.constantFrom('ide', 'ci'), null),
  payload: fc.record(
    {
      files_changed: fc.integer({ min: 0, max: 30 }),
      test_files: fc.integer({ min: 0, max: 2 }),
      confidence: seldom(fc.constant(0.2), 0.9),
    },
    { requiredKeys: ['files_changed', 'test_files'] },
  ),
});

const context = fc.record({
  incidentActive: seldom(fc.constant(true), false),
  freezeActive: seldom(fc.constant(true), false),
  onCall: seldom(fc.constant(true), false),
});

/** A signal with everything that its decision reads: policies, playbooks, people, what was sent and seen, the moment. */
export const inputs: fc.Arbitrary<PlanInput> = fc
  .record({
    playbooks: fc.array(playbook, { minLength: 1, maxLength: 3 }),
    policy,
    profile: fc.option(profile, { freq: 6, nil: null }),
    sent,
    recent,
    signal,
    context,
    minute: fc.integer({ min: 0, max: 24 * 60 }),
    ageMs: seldom(fc.integer({ min: 0, max: 2 * DAY }), 0),
  })
  .map((drawn): PlanInput => {
    const at = NOON + drawn.minute * MINUTE;
    const byTime = <T extends { readonly atMs: number }>(list: T[]): T[] => list.sort((a, b) => a.atMs - b.atMs);
    const state: ActorState = aState({
      profile: drawn.profile,
      sent: byTime(drawn.sent.map(({ agoMs, ...one }) => sentAt(at - agoMs, one))),
      recent: byTime(
        drawn.recent.map(({ agoMs, type }) => ({
          ...{ atMs: at - agoMs, type, repo: 'org/app', branch: null, file: null, subject: null },
        })),
      ),
    });
    const documents = drawn.playbooks.map((one, n) => ({
      ...JSON.parse(JSON.stringify(one)),
      ...{ id: `p${n}`, name: `Playbook ${n}`, description: 'd', owner: 'o' },
      ...(one.when === null ? { when: undefined } : {}),
    }));
    return {
      signal: aSignal({ ...drawn.signal, occurred_at: new Date(at - drawn.ageMs).toISOString() }),
      state,
      rules: compiledRules(documents, JSON.parse(JSON.stringify(drawn.policy)) as object),
      context: drawn.context,
      decidedAtMs: at,
      ids,
    };
  });
