import { type Line, mentor, mirror, multiplier, playbook, Telling } from './tell.ts';

const DEFERS = { deferral: { mode: 'defer', expires_after: '24h' } };
const NIGHTS = { time_zone: 'Europe/Berlin', quiet_hours: { start: '22:00', end: '06:00', days: { sun: 'all' } } };
const waits = (id: string, change: object = {}) => playbook(id, { ...DEFERS, actions: [mentor], ...change });
const pr = (number: number) => ({ branch: null, payload: { pr_number: number, files_changed: 1 } });
const branch = (name: string) => ({ branch: name });

/** Cards: opened, revised, resolved, withdrawn, opened anew; several surfaces, alerts, Multipliers. */
const cards = async (tell: Telling): Promise<void> => {
  await tell.rules(
    'cards',
    '2026-05-06T08:00:00Z',
    [
      playbook('pushes', {
        actions: [
          mirror,
          { ...mentor, rationale: { why_relevant: 'No test came with it.', evidence: ['signal', 'recent'] } },
          multiplier,
        ],
      }),
      playbook('builds', {
        triggers: [{ event_type: 'build_failed' }],
        actions: [{ ...mirror, surfaces: ['ide', 'alert'] }],
      }),
    ],
    { quotas: { max_actions_per_day: 50, max_actions_per_hour: 50, per_repo_per_day: 50 } },
  );
  await tell.profile('dev1');
  await tell.signal('08:01', pr(1));
  await tell.signal('08:02', { ...pr(1), event_type: 'commit_pushed' });
  await tell.signal('08:03', { ...pr(1), event_type: 'pr_merged' });
  await tell.signal('08:04', pr(1));
  await tell.signal('08:10', {
    event_type: 'build_failed',
    severity: 'critical',
    payload: { build_id: 'b1', files_changed: 2 },
  });
  await tell.signal('08:11', { event_type: 'build_succeeded', payload: { build_id: 'b2' } });
  await tell.signal('08:12', {
    event_type: 'commit_pushed',
    surface_hint: 'ci',
    evaluation_point: 'pre-commit',
    branch: 'hint',
  });
  await tell.profile('dev1', {}, { optOutCategories: ['pushes'] });
  await tell.signal('08:13', branch('after-opt-out'));
  await tell.profile('dev1', {}, { preferredSurfaces: ['ci'] });
  await tell.signal('08:14', branch('only-ci'));
};

/** Each gate says no once. */
const gates = async (tell: Telling): Promise<void> => {
  await tell.rules(
    'gates',
    '2026-05-06T12:00:00Z',
    [
      playbook('pushes'),
      playbook('condition', { when: 'signal.payload.files_changed > 20' }),
      playbook('broken', { when: 'signal.payload.absent > 2' }),
      playbook('roles', { triggers: [{ event_type: 'commit_pushed', actor_roles: ['lead'] }] }),
      playbook('agents', { triggers: [{ event_type: 'commit_pushed', actor_types: ['ai_agent'] }] }),
      playbook('text', {
        actions: [{ ...mirror, template: { title: 'A push', body: 'To {{signal.payload.absent}}.' } }],
      }),
      playbook('words', {
        triggers: [{ event_type: 'commit_amended' }],
        actions: [{ ...mirror, template: { title: 'A push', body: '{{signal.payload.words}}' } }],
      }),
      playbook('severe', {
        triggers: [{ event_type: 'commit_pushed', min_severity: 'high' }],
        actions: [{ ...mirror, surfaces: ['alert'] }],
      }),
      playbook('offer', { actions: [multiplier] }),
      playbook('paging', {
        triggers: [{ event_type: 'commit_pushed' }],
        actions: [{ ...mirror, surfaces: ['alert'] }],
      }),
    ],
    {
      enabled_action_types: ['mirror', 'mentor'],
      enabled_surfaces: ['ide', 'alert'],
      quotas: { max_actions_per_day: 3, max_actions_per_hour: 2, per_repo_per_day: 3 },
      unknown_actors: 'deny',
      inhibitions: [
        { name: 'night-shift', when: 'signal.branch == "shift"', mutes: ['pushes'] },
        { name: 'unsure', when: 'signal.payload.absent == 1', mutes: ['condition'] },
      ],
    },
  );
  await tell.signal('12:01', { actor_id: 'nobody-knows' });
  await tell.profile('dev1');
  await tell.signal('12:02');
  await tell.signal('12:03', { branch: 'shift' });
  await tell.signal('12:04', { branch: 'b', severity: 'high', payload: { files_changed: 30, confidence: 0.9 } });
  await tell.signal('12:05', { branch: 'c' });
  await tell.signal('12:06', { branch: 'd', payload: { files_changed: 7, confidence: 0.2 } });
  await tell.signal('12:07', { branch: 'd', payload: { files_changed: 7, confidence: 'much' } });
  await tell.signal('12:08', { occurred_at: '2026-05-06T13:08:00.000Z', branch: 'e' });
  await tell.signal('12:09', { actor_type: 'ai_agent', branch: 'f' });
  await tell.signal('12:09', {
    event_type: 'commit_amended',
    payload: { words: 'You must hurry, this is your fault!' },
  });
  await tell.signal('12:10', { actor_type: 'service' });
  await tell.signal('12:11', { actor_id: null });
  await tell.signal('12:12', { event_type: 'nothing_matches' });
  await tell.signal('12:13', { occurred_at: '2026-05-04T12:00:00.000Z' });
  await tell.signal('12:14', { tenant_id: 'of-nobody' });
  await tell.profile('dev1', {}, { snoozeUntilMs: Date.parse('2026-05-06T16:00:00Z') });
  await tell.signal('12:15', branch('snoozed'));
  await tell.profile('dev1', {}, { optOutCategories: ['mirror'] });
  await tell.signal('12:16', branch('opted-out'));
  await tell.profile('dev1', {}, { preferredSurfaces: ['ci'] });
  await tell.signal('12:17', branch('not-there'));
};

/** Caps, cool-downs, reserves, ranks. */
const caps = async (tell: Telling): Promise<void> => {
  const limited = (id: string, limits: object, change: object = {}) => playbook(id, { limits, ...change });
  await tell.rules(
    'caps',
    '2026-05-06T20:30:00Z',
    [
      limited('cool', { cooldown: '2h' }),
      limited('by-subject', { subject_cooldown: '1d' }),
      limited('resting', { subject_rest: '1h' }),
      limited('own-day', { per_actor_per_day: 1 }),
      limited('own-repo', { per_repo_per_day: 1 }),
      playbook('urgent', { tier: 'critical', triggers: [{ event_type: 'build_failed' }] }),
      playbook('low', { tier: 'low' }),
    ],
    {
      time_zone: '+02:00',
      quotas: { max_actions_per_day: 9, max_actions_per_hour: 7, per_repo_per_day: 8, per_type_per_day: { mentor: 0 } },
      reserve: { critical: 2, release_last: '4h' },
    },
  );
  for (const at of ['20:31', '20:40', '21:20', '21:59', '22:01', '23:40']) await tell.signal(at, branch(`b-${at}`));
  await tell.signal('23:41', { event_type: 'build_failed', branch: 'x' });
  await tell.signal('2026-05-07T00:10:00Z', { branch: 'b-20:31' });
  await tell.signal('00:20', { branch: 'lib', repo_id: 'org/lib' });
};

/** Quiet hours, deferrals and digests, attempts and expiries, signals that end or change what waits. */
const deferrals = async (tell: Telling): Promise<void> => {
  await tell.rules(
    'nights',
    '2026-05-06T21:00:00Z',
    [
      waits('a'),
      waits('b', { tier: 'high' }),
      playbook('drops'),
      waits('short', { deferral: { mode: 'defer', expires_after: '30m' } }),
    ],
    NIGHTS,
  );
  await tell.profile('dev1', { timeZone: 'America/New_York' });
  await tell.signal('21:01', { actor_id: 'dev2', ...pr(7) });
  await tell.signal('21:05', { actor_id: 'dev2', ...pr(8) });
  await tell.signal('21:06', { actor_id: 'dev2', ...pr(7) });
  await tell.signal('21:07', { actor_id: 'dev1', ...pr(9) });
  await tell.signal('22:00', { actor_id: 'dev2', ...pr(8), event_type: 'pr_closed' });
  await tell.due('2026-05-07T04:30:00Z');
  await tell.signal('2026-05-09T22:30:00Z', { actor_id: 'dev3' });
  for (const actor of ['dev4', 'dev5', 'dev6']) await tell.signal('2026-05-11T21:00:00Z', { actor_id: actor });
  await tell.profile('dev4', {}, { snoozeUntilMs: Date.parse('2026-05-15T12:00:00Z') });
  await tell.profile('dev5', {}, { snoozeUntilMs: Date.parse('2026-05-12T12:00:00Z') });
  await tell.profile('dev6', {}, { optOutCategories: ['a'] });
  await tell.rules('nights', '23:00', [waits('a'), playbook('drops')], NIGHTS);
  await tell.due('2026-05-12T06:00:00Z');
  await tell.due('13:00');
};

/** The night in which an hour is missing, and the one that has an hour twice. */
const clocks = async (tell: Telling): Promise<void> => {
  const policy = { ...NIGHTS, quiet_hours: { start: '22:00', end: '02:30' } };
  await tell.rules('clocks', '2027-03-27T21:30:00Z', [waits('a'), playbook('drops')], policy);
  await tell.signal('21:31', { actor_id: 'spring' });
  await tell.signal('2027-03-28T00:59:00Z', { actor_id: 'spring', branch: 'x' });
  await tell.signal('01:01', { actor_id: 'spring2', branch: 'x' });
  await tell.due('06:00');
  await tell.signal('2027-10-30T20:31:00Z', { actor_id: 'autumn' });
  await tell.signal('2027-10-31T00:45:00Z', { actor_id: 'autumn', branch: 'x' });
  await tell.signal('01:45', { actor_id: 'autumn2', branch: 'x' });
  await tell.due('06:00');
  await tell.signal('21:30', { actor_id: 'autumn', branch: 'y' });
};

/** Incidents, failed releases and freezes keep silence. */
const context = async (tell: Telling): Promise<void> => {
  await tell.rules(
    'context',
    '2026-05-06T12:00:00Z',
    [
      playbook('pushes', { actions: [mirror, multiplier] }),
      playbook('builds', { triggers: [{ event_type: 'build_failed' }] }),
      playbook('critical', { tier: 'critical' }),
    ],
    {
      quotas: { max_actions_per_day: 50, max_actions_per_hour: 50, per_repo_per_day: 50 },
      freezes: [{ from: '2026-05-07T00:00:00Z', until: '2026-05-08T00:00:00Z' }],
    },
  );
  await tell.signal('12:01', {
    actor_id: null,
    source: 'incident',
    event_type: 'incident.open',
    severity: 'critical',
    payload: { incident_id: 'i1' },
    repo_id: null,
    branch: null,
  });
  await tell.signal('12:02');
  await tell.signal('12:03', {
    actor_id: null,
    source: 'incident',
    event_type: 'incident.resolved',
    payload: { incident_id: 'i1' },
    repo_id: null,
    branch: null,
  });
  await tell.signal('12:04', branch('after'));
  await tell.signal('12:05', {
    actor_id: null,
    source: 'release',
    event_type: 'release.failed',
    severity: 'high',
    payload: { service: 'shop' },
  });
  await tell.signal('12:06', { event_type: 'build_failed', payload: { build_id: 'b7', files_changed: 1 } });
  await tell.signal('12:07', {
    actor_id: null,
    source: 'release',
    event_type: 'release.succeeded',
    payload: { service: 'shop' },
  });
  await tell.signal('12:08', { event_type: 'build_failed', payload: { build_id: 'b8', files_changed: 1 } });
  await tell.signal('2026-05-07T12:00:00Z', branch('frozen'));
};

/** Shadow versions, experiments with a holdout and on hold, probation. */
const rollout = async (tell: Telling): Promise<void> => {
  const versions = [
    { document: playbook('split'), version: 1 },
    {
      document: playbook('split', { actions: [{ ...mirror, template: { title: 'Another push', body: 'Counted.' } }] }),
      version: 2,
      mode: 'shadow' as const,
    },
    { document: playbook('quiet'), version: 4, onProbation: true },
    { document: playbook('tried'), version: 1 },
    { document: playbook('tried', { actions: [mentor] }), version: 2, mode: 'shadow' as const },
  ];
  const experiment = {
    id: 'which-words',
    name: 'Which words',
    playbook: 'split',
    unit: 'actor',
    arms: [
      { name: 'old', weight: 0.4, version: 1 },
      { name: 'new', weight: 0.4, version: 2 },
      { name: 'none', weight: 0.2, holdout: true },
    ],
  };
  await tell.rules('rollout', '2026-05-06T12:00:00Z', versions, {}, [experiment]);
  for (let actor = 1; actor <= 12; actor++)
    await tell.signal(`12:${String(actor).padStart(2, '0')}`, { actor_id: `dev${actor}` });
  await tell.rules('rollout', '12:30', versions, {}, [{ ...experiment, unit: 'repository' }]);
  await tell.signal('12:31', { actor_id: 'dev1', branch: 'x', repo_id: 'org/lib' });
  await tell.rules('rollout', '12:40', versions, {}, [experiment], true);
  await tell.signal('12:41', { actor_id: 'dev2', branch: 'y' });
};

/** What became of actions, in and out of turn, and what a no does afterwards. */
const outcomes = async (tell: Telling): Promise<void> => {
  await tell.rules('outcomes', '2026-05-06T12:00:00Z', [
    playbook('pushes'),
    playbook('offers', { triggers: [{ event_type: 'pr_opened' }], actions: [multiplier] }),
  ]);
  await tell.signal('12:01', pr(1));
  await tell.outcome('12:02', 'shown');
  await tell.outcome('12:02', 'shown');
  await tell.outcome('12:03', 'ignored');
  await tell.outcome('12:04', 'dismissed', { reason: 'not_useful' });
  await tell.outcome('12:05', 'accepted');
  await tell.outcome('12:06', 'dismissed', { actorId: 'somebody-else', reason: 'x' });
  await tell.signal('12:07', pr(1));
  await tell.signal('12:08', pr(2));
  await tell.signal('2026-05-10T12:00:00Z', pr(3));
  await tell.signal('12:01', { ...pr(4), event_type: 'pr_opened' });
  await tell.outcome('12:02', 'failed', { reason: 'no such file' });
  await tell.outcome('12:03', 'accepted');
  await tell.outcome('12:04', 'failed', { reason: 'no such file' });
};

/** Everything that decisions depend on, once, in the order of time: journals in memory forget what is long past. It is told anew for each release; what is told differently since then changes no older history. */
export const tellHistory = async (): Promise<readonly Line[]> => {
  const tell = new Telling();
  for (const chapter of [cards, gates, caps, context, rollout, outcomes, deferrals, clocks]) await chapter(tell);
  return tell.lines;
};
