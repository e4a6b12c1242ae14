import type { Experiment } from '../../domain/experiment/experiment.ts';
import { parseExperiment } from '../../domain/experiment/parse-experiment.ts';
import type { Finding } from '../../domain/playbook/finding.ts';
import type { TenantPolicy } from '../../domain/rules.ts';
import { tenantActorsFrom } from '../../domain/tenant-actors.ts';
import type { TenantActor } from '../../domain/tenant-actors.ts';
import { tenantPolicyFrom } from '../../domain/tenant-policy.ts';
import { tenantEventTypesFrom } from '../../domain/tenant-event-types.ts';
import { schemaChecker } from './definition-schema.ts';
import { readDefinitions } from './read-definitions.ts';

export interface TenantEntry {
  readonly tenantId: string;
  /** The entry as written: what is stored as the policy document and given to `compileRules`. */
  readonly document: unknown;
  /** As parsed with version 1. */
  readonly policy: TenantPolicy;
  readonly actors: readonly TenantActor[];
  readonly starterPlaybooks: boolean;
  readonly experiments: readonly { readonly document: unknown; readonly experiment: Experiment }[];
}

export type TenantsFile =
  | { readonly ok: true; readonly tenants: readonly TenantEntry[] }
  | { readonly ok: false; readonly findings: readonly Finding[] };

const checkSchema = schemaChecker('tenants');
const checkExperiment = schemaChecker('experiment');

const under = (path: string, findings: readonly Finding[]): readonly Finding[] =>
  findings.map((found) => ({ ...found, path: found.path === '' ? path : `${path}.${found.path}` }));

/** As a file of experiments has them. The versions that their arms name are looked for when they are written. */
const experimentsOf = (
  document: unknown,
): { readonly read: TenantEntry['experiments']; readonly findings: readonly Finding[] } => {
  const listed: unknown =
    typeof document === 'object' && document !== null && 'experiments' in document ? document.experiments : [];
  const read: { document: unknown; experiment: Experiment }[] = [];
  const findings: Finding[] = [];
  (Array.isArray(listed) ? (listed as readonly unknown[]) : []).forEach((one, at) => {
    const parsed = parseExperiment(one);
    const found = parsed.ok ? checkExperiment(one) : parsed.findings;
    const twice = parsed.ok && read.some(({ experiment }) => experiment.id === parsed.experiment.id);
    findings.push(...under(`experiments[${at}]`, found));
    if (twice)
      findings.push({ path: `experiments[${at}].id`, message: 'is there twice', remedy: 'give it another id' });
    if (parsed.ok) read.push({ document: one, experiment: parsed.experiment });
  });
  return { read, findings };
};

const entryOf = (document: unknown, path: string): TenantEntry | readonly Finding[] => {
  const policy = tenantPolicyFrom(document, 1);
  const actors = tenantActorsFrom(document);
  const eventTypes = tenantEventTypesFrom(document);
  const experiments = experimentsOf(document);
  if (!policy.ok || !actors.ok || !eventTypes.ok || experiments.findings.length > 0) {
    return under(path, [
      ...[policy, actors, eventTypes].flatMap((part) => (part.ok ? [] : part.findings)),
      ...experiments.findings,
    ]);
  }
  const playbooks: unknown =
    typeof document === 'object' && document !== null && 'playbooks' in document ? document.playbooks : null;
  return {
    tenantId: policy.policy.tenantId,
    document,
    policy: policy.policy,
    actors: actors.actors,
    starterPlaybooks: playbooks === 'starter',
    experiments: experiments.read,
  };
};

/** A tenants file's document (interface 5a), checked against its JSON Schema and read as the engine reads it; all faults together. */
export const parseTenantsFile = (document: unknown): TenantsFile => {
  const shape = checkSchema(document);
  if (shape.length > 0) return { ok: false, findings: shape };
  const { tenants: list } = document as { readonly tenants: readonly unknown[] };
  const tenants: TenantEntry[] = [];
  const findings: Finding[] = [];
  list.forEach((value, at) => {
    const entry = entryOf(value, `tenants[${at}]`);
    if (!('tenantId' in entry)) findings.push(...entry);
    else if (tenants.some((known) => known.tenantId === entry.tenantId)) {
      findings.push({ path: `tenants[${at}].id`, message: 'is there twice', remedy: 'write one entry per tenant' });
    } else tenants.push(entry);
  });
  return findings.length === 0 ? { ok: true, tenants } : { ok: false, findings };
};

/** Reads a tenants file. @throws MmmError USAGE when the path can not be read. */
export const readTenantsFile = async (path: string): Promise<TenantsFile> => {
  const [definition] = await readDefinitions(path);
  if (definition === undefined)
    return { ok: false, findings: [{ path: '', message: 'is empty', remedy: 'write tenants' }] };
  return definition.ok ? parseTenantsFile(definition.document) : definition;
};
