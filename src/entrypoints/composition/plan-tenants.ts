import { readPlaybookFiles, STARTER_FOLDER } from '../../adapters/files/playbook-files.ts';
import type { TenantEntry } from '../../adapters/files/tenants-file.ts';
import { DefinitionReader } from '../../adapters/postgres/definition-reader.ts';
import { digestOf } from '../../adapters/postgres/definition-write.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import { type AppliedTenant, definitionFaults } from './apply-tenants.ts';
import { readTenants } from './read-tenants.ts';
import type { Store } from './store.ts';

/** What `applyTenants` would do with this file now, in the same words; writes nothing. Throws TENANTS_FILE_INVALID, PLAYBOOK_INVALID. */
export const planTenants = async (store: Store, file: string): Promise<readonly AppliedTenant[]> => {
  const read = await readTenants(file);
  if (!read.ok) throw definitionFaults('TENANTS_FILE_INVALID', file, read.findings);
  const reader = new DefinitionReader(store.api);
  const planned: AppliedTenant[] = [];
  for (const tenant of read.tenants) planned.push(await planOne(reader, tenant));
  return planned;
};

const planOne = async (reader: DefinitionReader, tenant: TenantEntry): Promise<AppliedTenant> => {
  const changes: string[] = [];
  const held = await reader.policy(tenant.tenantId);
  const changed = held?.digest !== digestOf(tenant.document);
  const policyVersion = (held?.version ?? 0) + (changed ? 1 : 0);
  if (changed) changes.push(`policy is now version ${policyVersion}`);
  for (const actor of tenant.actors) {
    const profile = await reader.profile(tenant.tenantId, actor.id);
    if (profile === null || canonicalJson(profile) !== canonicalJson(actor.profile))
      changes.push(`profile of ${actor.id}`);
  }
  if (tenant.starterPlaybooks) changes.push(...(await starterChanges(reader, tenant.tenantId)));
  return { tenantId: tenant.tenantId, policyVersion, changes };
};

const starterChanges = async (reader: DefinitionReader, tenantId: string): Promise<string[]> => {
  const stored = await reader.playbooks(tenantId);
  const changes: string[] = [];
  for (const file of await readPlaybookFiles(STARTER_FOLDER)) {
    if (!file.ok) throw definitionFaults('PLAYBOOK_INVALID', file.file, file.findings);
    const latest = stored.findLast((one) => one.playbookId === file.playbook.id);
    const isNew = latest?.digest !== digestOf(file.document) || latest.status === 'deprecated';
    if (isNew || latest?.status !== 'published')
      changes.push(`${file.playbook.id}@${(latest?.version ?? 0) + (isNew ? 1 : 0)} published`);
  }
  return changes;
};
