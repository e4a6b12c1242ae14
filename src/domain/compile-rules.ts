import {
  type RunningExperiment,
  type RunningExperiments,
  runningExperiments,
  type StoredExperiment,
} from './experiment/running.ts';
import { type CompiledInhibition, compileInhibitions } from './inhibition.ts';
import type { IdPort } from './ids.ts';
import { idFrom } from './ids.ts';
import { compilePlaybook } from './playbook/compile-playbook.ts';
import type { ConditionCompiler } from './playbook/condition.ts';
import { finding } from './playbook/finding.ts';
import type { Finding } from './playbook/finding.ts';
import { buildIndex } from './playbook/index-of-playbooks.ts';
import type { CompiledPlaybook } from './playbook/model.ts';
import { parsePlaybook } from './playbook/parse-playbook.ts';
import { canonicalJson } from './receipt/canonical-json.ts';
import type { RecordedRules, TenantRules } from './rules.ts';
import { tenantPolicyFrom } from './tenant-policy.ts';

export interface RulesInput {
  /** The tenant's entry of the tenants file (interface 5a), as stored. */
  readonly policy: unknown;
  readonly policyVersion: number;
  /** The published version of each playbook, as stored, and those that run beside it. */
  readonly playbooks: readonly PlaybookVersion[];
  /** Active or on hold. */
  readonly experiments?: readonly StoredExperiment[];
  /** As a decision recorded them: followed as they are, `experiments` is not looked at. */
  readonly running?: readonly RunningExperiment[];
  readonly conditions: ConditionCompiler;
  readonly ids: IdPort;
}

export interface PlaybookVersion {
  readonly document: unknown;
  readonly version: number;
  /** Absent: published. `shadow` is decided beside it and never sent, but to the units that an experiment gives it. */
  readonly mode?: 'shadow';
  /** Its readers found it not useful (probation.ts). Default: no. */
  readonly onProbation?: boolean;
}

/** A playbook that could not be used: the tenant's other playbooks go on without it (D-66). */
export interface SkippedPlaybook {
  /** Its place in the input. */
  readonly index: number;
  readonly findings: readonly Finding[];
}

export type CompiledRules =
  | {
      readonly ok: true;
      readonly rules: TenantRules;
      readonly skipped: readonly SkippedPlaybook[];
      readonly ignoredExperiments: RunningExperiments['ignored'];
    }
  | { readonly ok: false; readonly findings: readonly Finding[] };

interface Usable {
  readonly compiled: CompiledPlaybook;
  readonly document: unknown;
  readonly mode: 'published' | 'shadow' | 'arm';
  readonly onProbation: boolean;
}

/** The first faulty member of a stored document: canonical JSON throws on what JSON can not hold. */
const isJson = (value: unknown): boolean => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return typeof value === 'object' && Object.values(value).every((member) => member === undefined || isJson(member));
};

const compileOne = (
  input: RulesInput,
  { document, version, mode, onProbation }: PlaybookVersion,
): Usable | readonly Finding[] => {
  if (!isJson(document)) return [finding('', 'is not JSON', 'store the document as parsed JSON')];
  const parsed = parsePlaybook(document, version);
  if (!parsed.ok) return parsed.findings;
  const result = compilePlaybook(parsed.playbook, input.conditions);
  if (!result.ok) return result.findings;
  const usable = { compiled: result.compiled, document, onProbation: onProbation ?? false };
  return mode === 'shadow'
    ? { ...usable, compiled: { ...result.compiled, shadow: 'mode' }, mode }
    : said({ ...usable, mode: 'published' });
};

/** A version that is said to people, unless it is on probation. */
const said = (one: Usable): Usable =>
  one.onProbation ? { ...one, compiled: { ...one.compiled, shadow: 'probation' } } : one;

/**
 * Everything of a tenant that a decision reads, compiled once and identified by a digest of its content (G3, D-48). A policy that can not be read
 * gives no rules (nothing is permitted, G6); a playbook that can not be used is left out and named. Order of `playbooks` does not matter.
 */
export const compileRules = (input: RulesInput): CompiledRules => {
  const parsed = tenantPolicyFrom(input.policy, input.policyVersion);
  if (!parsed.ok) return parsed;
  // An inhibition that can not be compiled would mute nothing: no rules at all instead, so that nothing is permitted by its absence (G6).
  const inhibitions = compileInhibitions(parsed.policy.inhibitions, input.conditions);
  if (inhibitions.findings.length > 0) return { ok: false, findings: inhibitions.findings };
  if (!isJson(input.policy))
    return { ok: false, findings: [finding('', 'is not JSON', 'store the document as parsed JSON')] };
  const usable: Usable[] = [];
  const skipped: SkippedPlaybook[] = [];
  const seen = new Set<string>();
  input.playbooks.forEach((playbook, index) => {
    const result = compileOne(input, playbook);
    if (!('compiled' in result)) {
      skipped.push({ index, findings: result });
      return;
    }
    const { id, version } = result.compiled.playbook;
    // Each version once, and one published version of a playbook.
    const keys = [`${id}@${version}`, ...(result.mode === 'published' ? [id] : [])];
    if (keys.some((key) => seen.has(key))) {
      skipped.push({ index, findings: [finding('id', `${id} is there twice`, 'publish one version of a playbook')] });
      return;
    }
    for (const key of keys) seen.add(key);
    usable.push(result);
  });
  const running = runningOf(input, usable);
  const rules = rulesOf(input, parsed.policy, inhibitions.compiled, running, usable);
  return { ok: true, rules, skipped, ignoredExperiments: running.ignored };
};

/** The versions of a playbook that are stored as published or shadow, whether they can be used or not. */
const storedVersions = (input: RulesInput, id: string): ReadonlySet<number> =>
  new Set(input.playbooks.filter(({ document }) => idOf(document) === id).map(({ version }) => version));

const idOf = (document: unknown): unknown =>
  typeof document === 'object' && document !== null && 'id' in document ? document.id : null;

const runningOf = (input: RulesInput, usable: readonly Usable[]): RunningExperiments => {
  if (input.running !== undefined)
    return { byPlaybook: new Map(input.running.map((one) => [one.experiment.playbookId, one])), ignored: [] };
  return runningExperiments(input.experiments ?? [], (id) => {
    const own = usable.filter(({ compiled }) => compiled.playbook.id === id);
    return {
      published: own.find(({ mode }) => mode === 'published')?.compiled,
      usable: own.map(({ compiled }) => compiled),
      stored: storedVersions(input, id),
    };
  });
};

/** What decisions look at. As an arm of what runs a shadow version is said to its units. */
const inForce = (usable: readonly Usable[], { byPlaybook }: RunningExperiments): Usable[] =>
  usable.map((one) => {
    const { shadow: _shadow, ...compiled } = one.compiled;
    const arms = byPlaybook.get(compiled.playbook.id)?.experiment.arms ?? [];
    const isArm = one.mode === 'shadow' && arms.some(({ version }) => version === compiled.playbook.version);
    return isArm ? said({ ...one, compiled, mode: 'arm' }) : one;
  });

const rulesOf = (
  input: RulesInput,
  policy: TenantRules['policy'],
  inhibitions: readonly CompiledInhibition[],
  running: RunningExperiments,
  usable: readonly Usable[],
): TenantRules => {
  const used = inForce(usable, running);
  const index = buildIndex(used.map(({ compiled }) => compiled));
  const byName = used.toSorted(byIdThenVersion);
  const experiments = [...running.byPlaybook.values()].sort((a, b) => (a.experiment.id < b.experiment.id ? -1 : 1));
  const content = {
    policy: { document: input.policy, version: policy.version },
    playbooks: byName.map(({ compiled, document, mode }) => ({
      document,
      version: compiled.playbook.version,
      ...(mode === 'published' ? {} : { mode }),
      ...(compiled.shadow === 'probation' ? { on_probation: true } : {}),
    })),
    ...(experiments.length === 0 ? {} : { experiments }),
  };
  const snapshotHash = `sha256:${input.ids.sha256(canonicalJson(content))}`;
  const named = [
    { name: `policy:${policy.tenantId}:${policy.version}`, document: input.policy },
    ...byName.map((one) => ({ name: nameOf(one), document: one.document })),
    ...experiments.map(({ experiment, onHold }) => {
      const digest = input.ids.sha256(canonicalJson(experiment)).slice(0, 12);
      return { name: `experiment:${experiment.id}:${digest}${onHold ? ':hold' : ''}`, document: experiment };
    }),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  const onProbation = byName.filter(({ compiled }) => compiled.shadow === 'probation').map(versionNameOf);
  const recorded: RecordedRules = {
    rules_digests: named.map(({ document }) => documentDigestOf(input.ids, document)).join(' '),
    ...(onProbation.length === 0 ? {} : { on_probation: onProbation }),
    ...(experiments.length === 0 ? {} : { experiments }),
  };
  return {
    policy,
    playbooks: index,
    experiments: running.byPlaybook,
    inhibitions,
    policyVersionIds: named.map(({ name }) => name),
    policySnapshotId: idFrom(input.ids, 'policy-snapshot', [policy.tenantId, snapshotHash]),
    snapshotHash,
    recorded,
  };
};

/** Of one document of the rules, as `RecordedRules` has it. */
export const documentDigestOf = (ids: IdPort, document: unknown): string =>
  ids.sha256(canonicalJson(document)).slice(0, 16);

const byIdThenVersion = ({ compiled: a }: Usable, { compiled: b }: Usable): number =>
  a.playbook.id === b.playbook.id ? a.playbook.version - b.playbook.version : a.playbook.id < b.playbook.id ? -1 : 1;

const versionNameOf = ({ compiled: { playbook } }: Usable): string => `${playbook.id}@${playbook.version}`;

const nameOf = (one: Usable): string => `${versionNameOf(one)}${one.mode === 'published' ? '' : `:${one.mode}`}`;
