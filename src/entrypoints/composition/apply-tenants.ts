import { fileURLToPath } from 'node:url';
import { Definitions } from '../../adapters/postgres/definitions.ts';
import type { Finding } from '../../domain/playbook/finding.ts';
import { MmmError } from '../../errors.ts';
import { putExperiments } from './experiment-set.ts';
import { readTenants } from './read-tenants.ts';
import { type StarterChange, starterChanges } from './starter-playbooks.ts';
import type { ChangingStore } from './changing-store.ts';

export const DEMO_TENANTS = fileURLToPath(new URL('../../playbooks/demo-tenants.yaml', import.meta.url));

export interface AppliedTenant {
  readonly tenantId: string;
  readonly policyVersion: number;
  /** What was written, in words; empty: everything was there already. */
  readonly changes: readonly string[];
  /** Starter playbooks that the lint does not let go live under these settings, each with place and remedy. */
  readonly refused: readonly string[];
}

/** All findings of a definition as one error, each with its place and remedy. */
export const definitionFaults = (code: 'TENANTS_FILE_INVALID', file: string, findings: readonly Finding[]): MmmError =>
  new MmmError(code, findings.map((one) => `${file}: ${one.path}: ${one.message}; ${one.remedy}`).join('\n'));

/**
 * Creates or changes the tenants of a file with policy, people, playbooks and experiments. Idempotent. Throws TENANTS_FILE_INVALID before it writes
 * anything. A starter playbook that the lint refuses under the tenant's settings is not published, and the rest goes on. An experiment is written when the
 * versions it compares are there; throws EXPERIMENT_INVALID, CONFLICT.
 */
export const applyTenants = async (
  store: ChangingStore,
  file: string,
  who: string,
): Promise<readonly AppliedTenant[]> => {
  const read = await readTenants(file);
  if (!read.ok) throw definitionFaults('TENANTS_FILE_INVALID', file, read.findings);
  const definitions = new Definitions(store);
  const applied: AppliedTenant[] = [];
  for (const tenant of read.tenants) {
    const { tenantId, document } = tenant;
    const changes: string[] = [];
    const policy = await definitions.upsertTenantPolicy(tenantId, document, who);
    if (policy.changed) changes.push(`policy is now version ${policy.version}`);
    for (const actor of tenant.actors) {
      const written = await definitions.upsertActorProfile(tenantId, actor.id, actor.profile, who);
      if (written.changed) changes.push(`profile of ${actor.id}`);
    }
    const starters = tenant.starterPlaybooks ? await starterChanges(store, tenantId, document) : [];
    changes.push(...(await publishStarters(definitions, tenantId, starters, who)));
    for (const { experiment, changed } of await putExperiments(store, tenantId, tenant.experiments, who))
      if (changed !== 'same') changes.push(`experiment ${experiment} is ${changed}`);
    const refused = starters.flatMap((one) => one.refused);
    applied.push({ tenantId, policyVersion: policy.version, changes, refused });
  }
  return applied;
};

const publishStarters = async (
  definitions: Definitions,
  tenantId: string,
  starters: readonly StarterChange[],
  who: string,
): Promise<string[]> => {
  const changes: string[] = [];
  for (const { playbook, document, refused } of starters) {
    if (refused.length > 0) continue;
    const imported = await definitions.importPlaybook(tenantId, playbook.id, document, who);
    const published = await definitions.publishPlaybook(tenantId, playbook.id, imported.version, who);
    if (published.changed) changes.push(`${playbook.id}@${imported.version} published`);
  }
  return changes;
};
