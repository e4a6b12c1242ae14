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
import type { TenantRules } from './rules.ts';
import { tenantPolicyFrom } from './tenant-policy.ts';

export interface RulesInput {
  /** The tenant's entry of the tenants file (interface 5a), as stored. */
  readonly policy: unknown;
  readonly policyVersion: number;
  /** The published version of each playbook, as stored. */
  readonly playbooks: readonly PlaybookVersion[];
  readonly conditions: ConditionCompiler;
  readonly ids: IdPort;
}

export interface PlaybookVersion {
  readonly document: unknown;
  readonly version: number;
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
  | { readonly ok: true; readonly rules: TenantRules; readonly skipped: readonly SkippedPlaybook[] }
  | { readonly ok: false; readonly findings: readonly Finding[] };

interface Usable {
  readonly compiled: CompiledPlaybook;
  readonly document: unknown;
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
  { document, version, onProbation }: PlaybookVersion,
): Usable | readonly Finding[] => {
  if (!isJson(document)) return [finding('', 'is not JSON', 'store the document as parsed JSON')];
  const parsed = parsePlaybook(document, version);
  if (!parsed.ok) return parsed.findings;
  const result = compilePlaybook(parsed.playbook, input.conditions);
  if (!result.ok) return result.findings;
  return { compiled: onProbation === true ? { ...result.compiled, onProbation } : result.compiled, document };
};

/**
 * Everything of a tenant that a decision reads, compiled once and identified by a digest of its content (G3, D-48). A policy that can not be read
 * gives no rules (nothing is permitted, G6); a playbook that can not be used is left out and named. Order of `playbooks` does not matter.
 */
export const compileRules = (input: RulesInput): CompiledRules => {
  const parsed = tenantPolicyFrom(input.policy, input.policyVersion);
  if (!parsed.ok) return parsed;
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
    const { id } = result.compiled.playbook;
    if (seen.has(id)) {
      skipped.push({ index, findings: [finding('id', `${id} is there twice`, 'publish one version of a playbook')] });
      return;
    }
    seen.add(id);
    usable.push(result);
  });
  return { ok: true, rules: rulesOf(input, parsed.policy, usable), skipped };
};

const rulesOf = (input: RulesInput, policy: TenantRules['policy'], usable: readonly Usable[]): TenantRules => {
  const index = buildIndex(usable.map(({ compiled }) => compiled));
  const byName = [...usable].sort((a, b) => (a.compiled.playbook.id < b.compiled.playbook.id ? -1 : 1));
  const content = {
    policy: { document: input.policy, version: policy.version },
    // Probation is part of what a decision reads; undefined members leave the digest of everything else as it was.
    playbooks: byName.map(({ compiled, document }) => ({
      document,
      version: compiled.playbook.version,
      on_probation: compiled.onProbation,
    })),
  };
  const snapshotHash = `sha256:${input.ids.sha256(canonicalJson(content))}`;
  const names = byName.map(({ compiled: { playbook } }) => `${playbook.id}@${playbook.version}`);
  return {
    policy,
    playbooks: index,
    policyVersionIds: [`policy:${policy.tenantId}:${policy.version}`, ...names].sort(),
    policySnapshotId: idFrom(input.ids, 'policy-snapshot', [policy.tenantId, snapshotHash]),
    snapshotHash,
  };
};
