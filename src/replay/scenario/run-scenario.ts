import { type ActorProfile, type ActorState, emptyState } from '../../domain/actor-state.ts';
import { compileRules } from '../../domain/compile-rules.ts';
import { evolve, journalEntryOf } from '../../domain/decision/evolve.ts';
import { plan } from '../../domain/decision/plan.ts';
import type { Plan } from '../../domain/decision/planned.ts';
import { actorKeyText, decisionIdOf, type IdPort } from '../../domain/ids.ts';
import type { ConditionCompiler } from '../../domain/playbook/condition.ts';
import { parseDurationMs } from '../../domain/playbook/duration.ts';
import type { Finding } from '../../domain/playbook/finding.ts';
import type { TenantRules } from '../../domain/rules.ts';
import { tenantActorsFrom } from '../../domain/tenant-actors.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import { differencesOf } from './compare.ts';
import { momentOf } from './moment.ts';
import type { Scenario, ScenarioGiven, ScenarioResult, SignalSnippet } from './scenario.ts';

export interface ScenarioPorts {
  readonly conditions: ConditionCompiler;
  readonly ids: IdPort;
}

export interface ScenarioRun {
  readonly result: ScenarioResult;
  /** Of the signal in question; null if it could not be decided. */
  readonly plan: Plan | null;
}

const actorIdOf = ({ actor }: ScenarioGiven): string => (typeof actor?.['id'] === 'string' ? actor['id'] : 'dev1');

/** `{n}` in a text of a signal that comes several times is its turn, from 1: ten pushes to ten branches are ten subjects. */
const inTurn = (snippet: SignalSnippet, turn: number): SignalSnippet => {
  const filled = (members: object): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(members).map(([name, value]: [string, unknown]) => [
        name,
        typeof value === 'string' ? value.replaceAll('{n}', String(turn)) : value,
      ]),
    );
  return { ...snippet, ...filled({ ...snippet, payload: filled(snippet.payload ?? {}) }) };
};

interface Moment {
  readonly id: string;
  readonly atMs: number;
  readonly nowMs: number;
}

const signalOf = (snippet: SignalSnippet, given: ScenarioGiven, { id, atMs, nowMs }: Moment): MmmSignalInput => {
  const { occurred, ...written } = snippet;
  const occurredMs = occurred === undefined ? atMs : momentOf(occurred, nowMs);
  return {
    signal_id: id,
    source_signal_id: id,
    tenant_id: String(given.tenant['id']),
    actor_id: actorIdOf(given),
    actor_type: 'human',
    source: 'pm3',
    severity: 'info',
    occurred_at: new Date(occurredMs).toISOString(),
    received_at: new Date(atMs).toISOString(),
    repo_id: 'org/app',
    branch: null,
    commit: null,
    file_path: null,
    environment: null,
    plane: null,
    evaluation_point: null,
    subject: null,
    surface_hint: null,
    payload: {},
    trace_parent: null,
    origin: { topic: 'scenario', partition: 0, offset: id },
    ...written,
  };
};

/** The decision core with its states in memory: one actor's signals one after the other, as the pipeline decides them. */
class Core {
  readonly #rules: TenantRules;
  readonly #profiles: ReadonlyMap<string, ActorProfile>;
  readonly #given: ScenarioGiven;
  readonly #ids: IdPort;
  readonly #held = new Map<string, { readonly state: ActorState; readonly version: number }>();

  constructor(rules: TenantRules, profiles: ReadonlyMap<string, ActorProfile>, given: ScenarioGiven, ids: IdPort) {
    this.#rules = rules;
    this.#profiles = profiles;
    this.#given = given;
    this.#ids = ids;
  }

  decide(signal: MmmSignalInput, decidedAtMs: number): Plan {
    const isOurs = signal.tenant_id === this.#rules.policy.tenantId;
    const actorId = signal.actor_id ?? '';
    const key = actorKeyText({ tenantId: signal.tenant_id, actorId });
    const profile = isOurs ? (this.#profiles.get(actorId) ?? null) : null;
    const { state, version } = this.#held.get(key) ?? { state: emptyState(profile), version: 0 };
    const { context } = this.#given;
    const made = plan({
      signal,
      state,
      rules: isOurs ? this.#rules : null,
      context: {
        incidentActive: context.incident_active ?? false,
        freezeActive: context.freeze_active ?? false,
        onCall: context.on_call ?? false,
      },
      decidedAtMs,
      ids: this.#ids,
    });
    const entry = journalEntryOf(this.#ids, {
      signal,
      plan: made,
      version: version + 1,
      decidedAtMs,
      decisionId: decisionIdOf(this.#ids, signal.signal_id),
      chainBefore: state.chain,
    });
    this.#held.set(key, { state: evolve(state, entry), version: version + 1 });
    return made;
  }
}

interface Ready {
  readonly core: Core;
  readonly faults: readonly Finding[];
}

const under = (path: string, findings: readonly Finding[]): readonly Finding[] =>
  findings.map((found) => ({ ...found, path: found.path === '' ? path : `${path}.${found.path}` }));

const prepare = (
  given: ScenarioGiven,
  { conditions, ids }: ScenarioPorts,
): Ready | { readonly faults: readonly Finding[] } => {
  const own = given.actor === null ? [] : [given.actor];
  const written: unknown = given.tenant['actors'];
  const tenant = { ...given.tenant, actors: [...own, ...(Array.isArray(written) ? (written as unknown[]) : [])] };
  const actors = tenantActorsFrom(tenant);
  if (!actors.ok) return { faults: under('given.tenant', actors.findings) };
  const compiled = compileRules({ policy: tenant, policyVersion: 1, playbooks: given.playbooks, conditions, ids });
  if (!compiled.ok) return { faults: under('given.tenant', compiled.findings) };
  const faults = compiled.skipped.flatMap(({ index, findings }) => under(`given.playbooks[${index}]`, findings));
  const profiles = new Map(actors.actors.map(({ id, profile }) => [id, profile]));
  return faults.length > 0 ? { faults } : { core: new Core(compiled.rules, profiles, given, ids), faults: [] };
};

/** Decides what is `earlier`, then the signal in question, and compares. Pure: the same scenario gives the same answer anywhere, at any time. */
export const runScenario = (scenario: Scenario, ports: ScenarioPorts): ScenarioRun => {
  const { name, given, when, then } = scenario;
  const ready = prepare(given, ports);
  if (!('core' in ready)) return { result: { name, passed: false, differences: [], faults: ready.faults }, plan: null };
  const nowMs = Date.parse(given.at);
  const earlier = given.earlier.flatMap(({ at, signal, times = 1, every = '1s' }) =>
    Array.from({ length: times }, (_, turn) => ({
      signal: inTurn(signal, turn + 1),
      atMs: momentOf(at, nowMs) + turn * (parseDurationMs(every) ?? 0),
    })),
  );
  // As they would come: what stands first in the file need not have happened first.
  const inTime = earlier.map((one, at) => ({ ...one, at })).sort((a, b) => a.atMs - b.atMs || a.at - b.at);
  for (const [turn, { signal, atMs }] of inTime.entries())
    ready.core.decide(signalOf(signal, given, { id: `earlier-${turn + 1}`, atMs, nowMs }), atMs);
  const made = ready.core.decide(signalOf(when.signal, given, { id: 'when', atMs: nowMs, nowMs }), nowMs);
  const differences = differencesOf(then, made, nowMs);
  return { result: { name, passed: differences.length === 0, differences, faults: [] }, plan: made };
};
