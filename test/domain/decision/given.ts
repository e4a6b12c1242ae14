import { createHash } from 'node:crypto';
import { v5 } from 'uuid';
import { type ActorProfile, type ActorState, emptyState, type SentAction } from '../../../src/domain/actor-state.ts';
import type { ContextFacts, Plan, PlanInput, PlannedCandidate, Verdict } from '../../../src/domain/decision/planned.ts';
import { plan } from '../../../src/domain/decision/plan.ts';
import type { IdPort } from '../../../src/domain/ids.ts';
import { compileTemplate } from '../../../src/domain/playbook/compile-template.ts';
import type { ConditionResult, RuleEnvironment } from '../../../src/domain/playbook/condition.ts';
import { buildIndex } from '../../../src/domain/playbook/index-of-playbooks.ts';
import type {
  CompiledPlaybook,
  Playbook,
  PlaybookAction,
  PlaybookLimits,
  Trigger,
} from '../../../src/domain/playbook/model.ts';
import type { Template } from '../../../src/domain/playbook/template.ts';
import type { TenantPolicy, TenantRules } from '../../../src/domain/rules.ts';
import type { MmmSignalInput } from '../../../src/generated/records.ts';

/** A Wednesday, noon in UTC. */
export const NOON = Date.parse('2026-05-06T12:00:00.000Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const ids: IdPort = {
  uuid5: (kind, name) => v5(name, v5(`urn:mmm-engine:${kind}`, v5.URL)),
  sha256: (text) => createHash('sha256').update(text, 'utf8').digest('hex'),
};

export const aSignal = (change: Partial<MmmSignalInput> = {}): MmmSignalInput => ({
  signal_id: 'signal-1',
  source_signal_id: 'producer-1',
  tenant_id: 'acme',
  actor_id: 'dev1',
  actor_type: 'human',
  source: 'pm3',
  event_type: 'commit_pushed',
  severity: 'info',
  occurred_at: new Date(NOON).toISOString(),
  received_at: new Date(NOON).toISOString(),
  repo_id: 'org/app',
  branch: 'main',
  commit: null,
  file_path: null,
  environment: 'dev',
  plane: null,
  evaluation_point: null,
  subject: null,
  surface_hint: null,
  payload: { files_changed: 7, test_files: 0 },
  trace_parent: null,
  origin: { topic: 'pm3.signals.normalized', partition: 0, offset: '1' },
  ...change,
});

export const aTrigger = (change: Partial<Trigger> = {}): Trigger => ({
  eventType: 'commit_pushed',
  sources: null,
  minSeverity: null,
  actorTypes: null,
  actorRoles: null,
  repos: null,
  ...change,
});

export const anAction = (change: Partial<PlaybookAction> = {}): PlaybookAction => ({
  type: 'mirror',
  surfaces: ['ide'],
  template: {
    title: '{{signal.payload.files_changed}} files changed, none of them tests',
    body: 'Counted in this push.',
  },
  model: null,
  rationale: null,
  actionRef: null,
  dualChannel: false,
  ...change,
});
export const aMentor = (change: Partial<PlaybookAction> = {}): PlaybookAction =>
  anAction({
    type: 'mentor',
    template: { title: 'A thought on tests', body: 'A small test now is cheap.' },
    ...change,
  });
export const aMultiplier = (change: Partial<PlaybookAction> = {}): PlaybookAction =>
  anAction({ type: 'multiplier', template: null, actionRef: 'add-test-skeleton', ...change });

const NO_LIMITS: PlaybookLimits = {
  cooldownMs: null,
  subjectCooldownMs: null,
  subjectRestMs: null,
  perActorPerDay: null,
  perRepoPerDay: null,
};

export interface PlaybookChange extends Partial<Omit<Playbook, 'limits'>> {
  readonly limits?: Partial<PlaybookLimits>;
  readonly met?: (environment: RuleEnvironment) => ConditionResult;
}

const template = (source: string | undefined): Template | null => {
  if (source === undefined) return null;
  const compiled = compileTemplate(source, 'test');
  if (!compiled.ok) throw new Error(`bad template in a test: ${JSON.stringify(compiled.findings)}`);
  return compiled.template;
};

export const aPlaybook = ({ met, limits, ...change }: PlaybookChange = {}): CompiledPlaybook => {
  const playbook: Playbook = {
    id: 'tests-missing',
    version: 3,
    name: 'Changes without tests',
    description: '',
    owner: 'platform',
    tier: 'normal',
    triggers: [aTrigger()],
    when: met === undefined ? null : 'a condition',
    deferral: { mode: 'drop', expiresAfterMs: DAY },
    actions: [anAction()],
    ...change,
    limits: { ...NO_LIMITS, ...limits },
  };
  return {
    playbook,
    condition: met === undefined ? null : { source: 'a condition', evaluate: met },
    actions: playbook.actions.map((action) => ({
      action,
      title: template(action.template?.title),
      body: template(action.template?.body),
      whyRelevant: template(action.rationale?.whyRelevant),
    })),
  };
};

export const aPolicy = (change: Partial<TenantPolicy> = {}): TenantPolicy => ({
  tenantId: 'acme',
  version: 1,
  timeZone: 'UTC',
  unknownActors: 'allow',
  enabledActionTypes: null,
  enabledSurfaces: null,
  quotas: { maxActionsPerDay: 10, maxActionsPerHour: 3, perRepoPerDay: 5 },
  quietHours: { startMinute: 22 * 60, endMinute: 6 * 60, days: {} },
  reserve: { tiers: {}, releaseLastMs: 4 * HOUR },
  maxLatenessMs: DAY,
  dismissalMemory: { subjectMs: 14 * DAY, anywhereMs: 3 * DAY },
  approverRoles: [],
  safetyCritical: false,
  inhibitions: [],
  freezes: [],
  incidentMinSeverity: 'info',
  ...change,
});

export const rulesOf = (playbooks: readonly CompiledPlaybook[], policy: Partial<TenantPolicy> = {}): TenantRules => ({
  policy: aPolicy(policy),
  playbooks: buildIndex(playbooks),
  inhibitions: [],
  experiments: new Map(),
  policyVersionIds: ['policy:acme:1', ...playbooks.map((one) => `${one.playbook.id}@${one.playbook.version}`)].sort(),
  policySnapshotId: 'snapshot-1',
  snapshotHash: 'sha256:00',
  recorded: { rules_digests: '' },
});

export const aProfile = (change: Partial<ActorProfile> = {}): ActorProfile => ({
  roles: ['developer'],
  timeZone: null,
  preferences: { optOutCategories: [], preferredSurfaces: null, snoozeUntilMs: null },
  ...change,
});
export const preferring = (change: Partial<ActorProfile['preferences']>): ActorProfile =>
  aProfile({ preferences: { ...aProfile().preferences, ...change } });

export const sentAt = (atMs: number, change: Partial<SentAction> = {}): SentAction => ({
  atMs,
  playbookId: 'tests-missing',
  actionType: 'mirror',
  repo: 'org/app',
  subject: JSON.stringify(['branch', 'org/app', 'main']),
  ...change,
});
export const aState = (change: Partial<ActorState> = {}): ActorState => ({ ...emptyState(aProfile()), ...change });

export interface Given {
  readonly playbooks?: readonly CompiledPlaybook[];
  readonly policy?: Partial<TenantPolicy>;
  readonly signal?: Partial<MmmSignalInput>;
  readonly state?: Partial<ActorState>;
  readonly context?: Partial<ContextFacts>;
  readonly at?: number;
}

export const inputOf = (given: Given): PlanInput => {
  const at = given.at ?? NOON;
  return {
    signal: aSignal({ occurred_at: new Date(at).toISOString(), ...given.signal }),
    state: aState(given.state),
    rules: rulesOf(given.playbooks ?? [aPlaybook()], given.policy),
    context: { incidentActive: false, freezeActive: false, onCall: false, ...given.context },
    decidedAtMs: at,
    ids,
  };
};
export const planned = (given: Given): Plan => plan(inputOf(given));

/** The only candidate, or a clear fault of the test. */
export const only = (made: Plan): PlannedCandidate => {
  if (made.candidates.length !== 1) throw new Error(`${made.candidates.length} candidates, result ${made.result}`);
  return made.candidates[0]!;
};
/** `<playbook> <type>: <reason>` of every candidate, in the order they were looked at. */
export const outcomes = (made: Plan): string[] =>
  made.candidates.map((one) => `${one.playbookId} ${one.actionType}: ${one.reasonCode}`);

export const vetoesOf = (candidate: PlannedCandidate): Extract<Verdict, { pass: false }>[] =>
  candidate.verdicts.filter((verdict) => !verdict.pass);
export const vetoOf = (given: Given): string => {
  const candidate = only(planned(given));
  return (
    vetoesOf(candidate)
      .map(({ gate, code }) => `${gate}: ${code}`)
      .join(', ') || candidate.reasonCode
  );
};
