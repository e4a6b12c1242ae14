import { compileRules } from '../../domain/compile-rules.ts';
import type { Plan } from '../../domain/decision/planned.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { ConditionCompiler } from '../../domain/playbook/condition.ts';
import { parseDurationMs } from '../../domain/playbook/duration.ts';
import type { Finding } from '../../domain/playbook/finding.ts';
import { tenantActorsFrom } from '../../domain/tenant-actors.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import { differencesOf } from './compare.ts';
import { momentOf } from './moment.ts';
import type { OutcomeSnippet, Scenario, ScenarioGiven, ScenarioResult, SignalSnippet } from './scenario.ts';
import { ScenarioCore } from './scenario-core.ts';

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

interface Ready {
  readonly core: ScenarioCore;
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
  return faults.length > 0 ? { faults } : { core: new ScenarioCore(compiled.rules, profiles, given, ids), faults: [] };
};

interface Step {
  readonly step: { readonly signal: SignalSnippet } | { readonly outcome: OutcomeSnippet };
  readonly atMs: number;
}

/** What came back in a stretch of time, as one. */
const together = (plans: readonly Plan[]): Plan => ({
  result: plans.length === 0 ? 'no_match' : 'decided',
  candidates: plans.flatMap(({ candidates }) => candidates),
  actions: plans.flatMap(({ actions }) => actions),
  sent: plans.flatMap(({ sent }) => sent),
  roles: [],
});

/**
 * Goes through what is `earlier` in order of time, what waits coming back whenever it is due, then decides the signal in question or lets the time pass,
 * and compares. Pure: the same scenario gives the same answer anywhere, at any time.
 */
export const runScenario = (scenario: Scenario, ports: ScenarioPorts): ScenarioRun => {
  const { name, given, when, then } = scenario;
  const ready = prepare(given, ports);
  if (!('core' in ready)) return { result: { name, passed: false, differences: [], faults: ready.faults }, plan: null };
  const { core } = ready;
  const nowMs = Date.parse(given.at);
  const earlier = given.earlier.flatMap((one): readonly Step[] =>
    'outcome' in one
      ? [{ step: { outcome: one.outcome }, atMs: momentOf(one.at, nowMs) }]
      : Array.from({ length: one.times ?? 1 }, (_, turn) => ({
          step: { signal: inTurn(one.signal, turn + 1) },
          atMs: momentOf(one.at, nowMs) + turn * (parseDurationMs(one.every ?? '1s') ?? 0),
        })),
  );
  // As they would come: what stands first in the file need not have happened first.
  const inTime = earlier.map((one, at) => ({ ...one, at })).sort((a, b) => a.atMs - b.atMs || a.at - b.at);
  for (const [turn, { step, atMs }] of inTime.entries()) {
    core.releaseUntil(atMs);
    if ('signal' in step) core.decide(signalOf(step.signal, given, { id: `earlier-${turn + 1}`, atMs, nowMs }), atMs);
    else if (!core.report(step.outcome, `earlier-${turn + 1}`, atMs)) return cannotReport(name, step.outcome);
  }
  if ('until' in when) {
    core.releaseUntil(nowMs);
    const endMs = momentOf(when.until, nowMs);
    return judged(name, then, together(core.releaseUntil(endMs)), endMs);
  }
  core.releaseUntil(nowMs);
  const made = core.decide(signalOf(when.signal, given, { id: 'when', atMs: nowMs, nowMs }), nowMs);
  return judged(name, then, made, nowMs);
};

const judged = (name: string, then: Scenario['then'], made: Plan, nowMs: number): ScenarioRun => {
  const differences = differencesOf(then, made, nowMs);
  return { result: { name, passed: differences.length === 0, differences, faults: [] }, plan: made };
};

const cannotReport = (name: string, { playbook, action }: OutcomeSnippet): ScenarioRun => ({
  result: {
    name,
    passed: false,
    differences: [],
    faults: [
      {
        path: 'given.earlier',
        message: `has an outcome of ${playbook} ${action}, of which nothing was said before`,
        remedy: 'put it after the signal that it answers',
      },
    ],
  },
  plan: null,
});
