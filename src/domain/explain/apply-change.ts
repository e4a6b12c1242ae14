import type { MmmSignalInput } from '../../generated/records.ts';
import type { ActorProfile } from '../actor-state.ts';
import { isDeferralDue } from '../decision/release.ts';
import type { PlanInput } from '../decision/planned.ts';
import type { ConditionCompiler } from '../playbook/condition.ts';
import type { CompiledPlaybook, Playbook, PlaybookLimits, Trigger } from '../playbook/model.ts';
import type { TenantPolicy, TenantRules } from '../rules.ts';
import { SURFACES, TIERS, ACTION_TYPES } from '../vocabulary.ts';
import type {
  Change,
  ConditionChange,
  LimitChange,
  PolicyChange,
  PreferenceChange,
  SignalChange,
  TimeChange,
  TriggerChange,
  TriggerPart,
} from './change.ts';
import { playbookOf, withPlaybook } from './with-playbook.ts';

/** The input of a plan with one fact changed; null when the change does not fit it (another tenant's, an unknown playbook, a faulty condition). */
export const applyChange = (input: PlanInput, change: Change, conditions: ConditionCompiler): PlanInput | null => {
  switch (change.kind) {
    case 'preference':
      return withProfile(input, (profile) => withPreference(profile, change));
    case 'time':
      return atTime(input, change);
    case 'severity':
      return withEvent(input, (signal) => ({ ...signal, severity: change.to }));
    case 'limit':
      return withLimit(input, change);
    case 'condition':
      return withCondition(input, change, conditions);
    case 'context':
      return { ...input, context: { ...input.context, [change.fact]: false } };
    case 'role':
      return withProfile(input, (profile) => ({ ...profile, roles: [...profile.roles, change.role] }));
    case 'signal':
      return withSignal(input, change);
    case 'policy':
      return withPolicy(input, (policy) => changedPolicy(policy, change));
    case 'trigger':
      return withTrigger(input, change);
  }
};

const withProfile = (input: PlanInput, change: (profile: ActorProfile) => ActorProfile): PlanInput | null =>
  input.state.profile === null ? null : { ...input, state: { ...input.state, profile: change(input.state.profile) } };

const withRules = (input: PlanInput, change: (rules: TenantRules) => TenantRules | null): PlanInput | null => {
  const rules = input.rules === null ? null : change(input.rules);
  return rules === null ? null : { ...input, rules };
};

const withPolicy = (input: PlanInput, change: (policy: TenantPolicy) => TenantPolicy): PlanInput | null =>
  withRules(input, (rules) => ({ ...rules, policy: change(rules.policy) }));

const withCompiled = (
  input: PlanInput,
  playbookId: string,
  change: (compiled: CompiledPlaybook) => CompiledPlaybook | null,
): PlanInput | null =>
  withRules(input, (rules) => {
    const held = playbookOf(rules, playbookId);
    const changed = held === null ? null : change(held);
    return changed === null ? null : withPlaybook(rules, changed);
  });

const withDocument = (input: PlanInput, playbookId: string, change: (playbook: Playbook) => Playbook) =>
  withCompiled(input, playbookId, (compiled) => ({ ...compiled, playbook: change(compiled.playbook) }));

const withPreference = (profile: ActorProfile, { field, value }: PreferenceChange): ActorProfile => {
  const { preferences } = profile;
  switch (field) {
    case 'snooze_until':
      return { ...profile, preferences: { ...preferences, snoozeUntilMs: null } };
    case 'opt_out': {
      const optOutCategories = preferences.optOutCategories.filter((category) => category !== value);
      return { ...profile, preferences: { ...preferences, optOutCategories } };
    }
    case 'preferred_surfaces': {
      const preferredSurfaces = SURFACES.filter(
        (surface) => surface === value || (preferences.preferredSurfaces?.includes(surface) ?? true),
      );
      return { ...profile, preferences: { ...preferences, preferredSurfaces } };
    }
  }
};

/** `event`: occurred_at moves as far as the decision does. */
const atTime = (input: PlanInput, { moves, atMs }: TimeChange): PlanInput => {
  if (moves === 'decision') return { ...input, decidedAtMs: atMs };
  const occurredMs = Date.parse(input.signal.occurred_at) + atMs - input.decidedAtMs;
  const signal = { ...input.signal, occurred_at: new Date(occurredMs).toISOString() };
  return { ...input, signal, decidedAtMs: atMs };
};

const PLAYBOOK_FIELDS: Readonly<Record<string, keyof PlaybookLimits>> = {
  cooldown: 'cooldownMs',
  subject_cooldown: 'subjectCooldownMs',
  subject_rest: 'subjectRestMs',
  per_actor_per_day: 'perActorPerDay',
  per_repo_per_day: 'perRepoPerDay',
};

const withLimit = (input: PlanInput, change: LimitChange): PlanInput | null => {
  if (change.playbookId === null)
    return withPolicy(input, (policy) => withTenantLimit(policy, change.limit, change.to));
  const field = PLAYBOOK_FIELDS[change.limit];
  if (field === undefined) return null;
  return withDocument(input, change.playbookId, (playbook) => ({
    ...playbook,
    limits: { ...playbook.limits, [field]: change.to },
  }));
};

const withTenantLimit = (policy: TenantPolicy, limit: string, to: number): TenantPolicy => {
  const { quotas, reserve } = policy;
  switch (limit) {
    case 'max_actions_per_day':
      return { ...policy, quotas: { ...quotas, maxActionsPerDay: to } };
    case 'max_actions_per_hour':
      return { ...policy, quotas: { ...quotas, maxActionsPerHour: to } };
    case 'per_repo_per_day':
      return { ...policy, quotas: { ...quotas, perRepoPerDay: to } };
    case 'max_lateness':
      return { ...policy, maxLatenessMs: to };
    default: {
      const tier = TIERS.find((name) => limit === `reserve.${name}`);
      return tier === undefined
        ? policy
        : { ...policy, reserve: { ...reserve, tiers: { ...reserve.tiers, [tier]: to } } };
    }
  }
};

const withCondition = (
  input: PlanInput,
  { playbookId, start, end, from, to }: ConditionChange,
  conditions: ConditionCompiler,
): PlanInput | null =>
  withCompiled(input, playbookId, (compiled) => {
    const { when } = compiled.playbook;
    if (when === null || when.slice(start, end) !== from) return null;
    const changed = when.slice(0, start) + to + when.slice(end);
    const result = conditions.compile(changed);
    if (!result.ok) return null;
    return { ...compiled, playbook: { ...compiled.playbook, when: changed }, condition: result.condition };
  });

const withSignal = (input: PlanInput, { field, to }: SignalChange): PlanInput =>
  withEvent(input, (signal) =>
    field === 'confidence'
      ? { ...signal, payload: { ...signal.payload, confidence: to ?? '' } }
      : { ...signal, [field]: to },
  );

/** Another fact of what happened: of a re-entry that is what the candidates were put off with, and the re-entry itself stays what it is. */
const withEvent = (input: PlanInput, change: (signal: MmmSignalInput) => MmmSignalInput): PlanInput =>
  isDeferralDue(input.signal)
    ? { ...input, originals: new Map([...(input.originals ?? [])].map(([id, signal]) => [id, change(signal)])) }
    : { ...input, signal: change(input.signal) };

const changedPolicy = (policy: TenantPolicy, change: PolicyChange): TenantPolicy => {
  switch (change.field) {
    case 'unknown_actors':
      return { ...policy, unknownActors: 'allow' };
    case 'quiet_hours':
      return { ...policy, quietHours: { startMinute: 0, endMinute: 0, days: {} } };
    case 'enabled_action_types': {
      const enabled = policy.enabledActionTypes;
      const enabledActionTypes = ACTION_TYPES.filter(
        (type) => type === change.value || (enabled?.includes(type) ?? true),
      );
      return { ...policy, enabledActionTypes };
    }
    case 'enabled_surfaces': {
      const enabled = policy.enabledSurfaces;
      const enabledSurfaces = SURFACES.filter((name) => name === change.value || (enabled?.includes(name) ?? true));
      return { ...policy, enabledSurfaces };
    }
  }
};

/** A trigger that no longer asks for one thing. */
export const withoutPart = (trigger: Trigger, part: TriggerPart): Trigger => {
  switch (part) {
    case 'event_type':
      return { ...trigger, eventType: '*' };
    case 'sources':
      return { ...trigger, sources: null };
    case 'min_severity':
      return { ...trigger, minSeverity: null };
    case 'repos':
      return { ...trigger, repos: null };
    case 'actor_types':
      return { ...trigger, actorTypes: null };
    case 'actor_roles':
      return { ...trigger, actorRoles: null };
  }
};

const withTrigger = (input: PlanInput, { playbookId, trigger: place, part }: TriggerChange): PlanInput | null =>
  withDocument(input, playbookId, (playbook) => ({
    ...playbook,
    triggers: playbook.triggers.map((trigger, at) => (at === place ? withoutPart(trigger, part) : trigger)),
  }));
