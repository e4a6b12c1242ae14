import { fileURLToPath } from 'node:url';
import { readPlaybookFiles, STARTER_FOLDER } from '../../adapters/files/playbook-files.ts';
import { Definitions } from '../../adapters/postgres/definitions.ts';
import type { Finding } from '../../domain/playbook/finding.ts';
import { MmmError } from '../../errors.ts';
import { readTenants } from './read-tenants.ts';
import type { Store } from './store.ts';

export const DEMO_TENANTS = fileURLToPath(new URL('../../playbooks/demo-tenants.yaml', import.meta.url));

export interface AppliedTenant {
  readonly tenantId: string;
  readonly policyVersion: number;
  /** What was written, in words; empty: everything was there already. */
  readonly changes: readonly string[];
}

/** All findings of a definition as one error, each with its place and remedy. */
export const definitionFaults = (
  code: 'TENANTS_FILE_INVALID' | 'PLAYBOOK_INVALID',
  file: string,
  findings: readonly Finding[],
): MmmError =>
  new MmmError(code, findings.map((one) => `${file}: ${one.path}: ${one.message}; ${one.remedy}`).join('\n'));

/** Creates or changes the tenants of a file with policy, people and playbooks. Idempotent. Throws TENANTS_FILE_INVALID before it writes anything. */
export const applyTenants = async (store: Store, file: string, who: string): Promise<readonly AppliedTenant[]> => {
  const read = await readTenants(file);
  if (!read.ok) throw definitionFaults('TENANTS_FILE_INVALID', file, read.findings);
  const definitions = new Definitions(store.api);
  const applied: AppliedTenant[] = [];
  for (const tenant of read.tenants) {
    const changes: string[] = [];
    const policy = await definitions.upsertTenantPolicy(tenant.tenantId, tenant.document, who);
    if (policy.changed) changes.push(`policy is now version ${policy.version}`);
    for (const actor of tenant.actors) {
      const written = await definitions.upsertActorProfile(tenant.tenantId, actor.id, actor.profile, who);
      if (written.changed) changes.push(`profile of ${actor.id}`);
    }
    if (tenant.starterPlaybooks)
      changes.push(...(await publishFolder(definitions, tenant.tenantId, STARTER_FOLDER, who)));
    applied.push({ tenantId: tenant.tenantId, policyVersion: policy.version, changes });
  }
  return applied;
};

const publishFolder = async (
  definitions: Definitions,
  tenantId: string,
  folder: string,
  who: string,
): Promise<string[]> => {
  const changes: string[] = [];
  for (const file of await readPlaybookFiles(folder)) {
    if (!file.ok) throw definitionFaults('PLAYBOOK_INVALID', file.file, file.findings);
    const imported = await definitions.importPlaybook(tenantId, file.playbook.id, file.document, who);
    const published = await definitions.publishPlaybook(tenantId, file.playbook.id, imported.version, who);
    if (published.changed) changes.push(`${file.playbook.id}@${imported.version} published`);
  }
  return changes;
};
