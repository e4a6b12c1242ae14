import type { ActorProfile } from '../actor-state.ts';
import type { PlanInput, Verdict } from '../decision/planned.ts';
import type { ConditionDissector } from '../playbook/condition-dissector.ts';
import type { CompiledPlaybook, PlaybookAction } from '../playbook/model.ts';
import { SEVERITIES, severityRank } from '../vocabulary.ts';
import { type Change, KIND_ORDER, type PolicyChange, type SignalChange, TRIGGER_PARTS } from './change.ts';
import { conditionChanges } from './condition-changes.ts';
import { latenessChange, limitChanges } from './limit-changes.ts';
import { type Target } from './outcome.ts';
import { timeChanges } from './time-changes.ts';

interface Sized {
  readonly change: Change;
  readonly size: number;
}

const plain = (changes: readonly Change[]): Sized[] => changes.map((change) => ({ change, size: 0 }));

const preferenceChanges = ({ preferences }: ActorProfile, action: PlaybookAction, nowMs: number): Change[] => {
  const { snoozeUntilMs, preferredSurfaces } = preferences;
  return [
    ...(snoozeUntilMs !== null && snoozeUntilMs > nowMs
      ? [{ kind: 'preference', field: 'snooze_until', value: snoozeUntilMs } as const]
      : []),
    ...preferences.optOutCategories.map((value) => ({ kind: 'preference', field: 'opt_out', value }) as const),
    ...action.surfaces
      .filter((surface) => preferredSurfaces !== null && !preferredSurfaces.includes(surface))
      .map((value) => ({ kind: 'preference', field: 'preferred_surfaces', value }) as const),
  ];
};

const contextChanges = ({ context }: PlanInput): Change[] =>
  Object.entries(context).flatMap(([fact, holds]) => (holds === true ? [{ kind: 'context', fact } as const] : []));

const roleChanges = ({ state }: PlanInput, { playbook }: CompiledPlaybook): Change[] => {
  const wanted = new Set(playbook.triggers.flatMap(({ actorRoles }) => actorRoles ?? []));
  return [...wanted]
    .filter((role) => state.profile !== null && !state.profile.roles.includes(role))
    .map((role) => ({ kind: 'role', role }));
};

/** Another fact of the event, where the playbook or a gate names the value: nothing is made up. */
const signalChanges = (
  { about: signal, compiled: { playbook } }: Target,
  verdicts: readonly Verdict[],
): SignalChange[] => {
  const change = (field: SignalChange['field'], to: SignalChange['to']): SignalChange => ({
    kind: 'signal',
    field,
    to,
  });
  const named = playbook.triggers.flatMap(({ eventType, sources, repos, actorTypes }) => [
    ...(eventType.endsWith('*') || eventType === signal.event_type ? [] : [change('event_type', eventType)]),
    ...(sources ?? []).filter((source) => source !== signal.source).map((source) => change('source', source)),
    ...(repos ?? [])
      .filter((repo) => !/[*?]/.test(repo) && repo !== signal.repo_id)
      .map((repo) => change('repo_id', repo)),
    ...(actorTypes ?? ['human'])
      .filter((type) => type !== signal.actor_type && type !== 'service')
      .map((type) => change('actor_type', type)),
  ]);
  const minimum = verdicts.flatMap((verdict) => (verdict.pass ? [] : [verdict.facts['minimum']]));
  return [
    ...named,
    ...(signal.surface_hint === null ? [] : [change('surface_hint', null)]),
    ...minimum.flatMap((least) => (typeof least === 'number' ? [change('confidence', least)] : [])),
  ];
};

const policyChanges = ({ rules }: PlanInput, action: PlaybookAction): PolicyChange[] => {
  if (rules === null) return [];
  const { unknownActors, quietHours, enabledActionTypes, enabledSurfaces } = rules.policy;
  const quiet = quietHours.startMinute !== quietHours.endMinute || Object.keys(quietHours.days).length > 0;
  return [
    ...(unknownActors === 'deny' ? [{ kind: 'policy', field: 'unknown_actors', value: null } as const] : []),
    ...(quiet ? [{ kind: 'policy', field: 'quiet_hours', value: null } as const] : []),
    ...(enabledActionTypes?.includes(action.type) === false
      ? [{ kind: 'policy', field: 'enabled_action_types', value: action.type } as const]
      : []),
    ...action.surfaces
      .filter((surface) => enabledSurfaces?.includes(surface) === false)
      .map((value) => ({ kind: 'policy', field: 'enabled_surfaces', value }) as const),
  ];
};

const triggerChanges = ({ playbook }: CompiledPlaybook): Change[] =>
  playbook.triggers.flatMap((trigger, at) => {
    const set = {
      event_type: trigger.eventType !== '*',
      sources: trigger.sources !== null,
      min_severity: trigger.minSeverity !== null,
      repos: trigger.repos !== null,
      actor_types: trigger.actorTypes !== null,
      actor_roles: trigger.actorRoles !== null,
    };
    return TRIGGER_PARTS.filter((part) => set[part]).map((part): Change => ({
      kind: 'trigger',
      playbookId: playbook.id,
      trigger: at,
      part,
    }));
  });

const limitSize = (change: Change): number =>
  change.kind === 'limit' && change.to !== null ? Math.abs(change.to - change.from) : Infinity;

const compare = (a: Sized, b: Sized): number => {
  const kinds = KIND_ORDER.indexOf(a.change.kind) - KIND_ORDER.indexOf(b.change.kind);
  if (kinds !== 0) return kinds;
  if (a.size !== b.size) return a.size < b.size ? -1 : 1;
  const [textA, textB] = [JSON.stringify(a.change), JSON.stringify(b.change)];
  return textA < textB ? -1 : textA > textB ? 1 : 0;
};

/**
 * Every change of one fact that may turn the target's end round, smallest first (KIND_ORDER, then amount). `verdicts`: those of the target now, or
 * as if its trigger had fitted. A superset on purpose: only planning again says which of them helps.
 */
export const candidateChanges = (
  input: PlanInput,
  target: Target,
  verdicts: readonly Verdict[],
  conditions: ConditionDissector,
): readonly Change[] => {
  const { compiled, index, about } = target;
  const { playbook } = compiled;
  const action = playbook.actions[index];
  if (action === undefined || input.rules === null) return [];
  const { profile } = input.state;
  const vetoes = verdicts.filter((verdict) => !verdict.pass);
  const vetoed = (gate: string): boolean => vetoes.some((veto) => veto.gate === gate);
  const rank = severityRank(about.severity);
  const sized: Sized[] = [
    ...plain(profile === null ? [] : preferenceChanges(profile, action, input.decidedAtMs)),
    ...timeChanges(input, target).map((change) => ({ change, size: Math.abs(change.atMs - input.decidedAtMs) })),
    ...SEVERITIES.filter((to) => to !== about.severity).map((to) => ({
      change: { kind: 'severity', to } as const,
      size: Math.abs(severityRank(to) - rank),
    })),
    ...[...vetoes.flatMap((veto) => limitChanges(input, playbook, veto)), ...latenessChange(input)].map((change) => ({
      change,
      size: limitSize(change),
    })),
    ...(vetoed('condition') ? conditionChanges(input, target, conditions) : []),
    ...plain([
      ...contextChanges(input),
      ...roleChanges(input, compiled),
      ...signalChanges(target, verdicts),
      ...policyChanges(input, action),
      ...triggerChanges(compiled),
    ]),
  ];
  const seen = new Set<string>();
  return sized
    .sort(compare)
    .map(({ change }) => change)
    .filter((change) => {
      const text = JSON.stringify(change);
      if (seen.has(text)) return false;
      seen.add(text);
      return true;
    });
};
