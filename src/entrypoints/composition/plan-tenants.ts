import type { TenantEntry } from '../../adapters/files/tenants-file.ts';
import { DefinitionReader } from '../../adapters/postgres/definition-reader.ts';
import { digestOf } from '../../adapters/postgres/definition-write.ts';
import { Experiments } from '../../adapters/postgres/experiments.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import { type AppliedTenant, definitionFaults } from './apply-tenants.ts';
import { readTenants } from './read-tenants.ts';
import { starterChanges } from './starter-playbooks.ts';
import type { Store } from './store.ts';

/** What `applyTenants` would do with this file now, in the same words; writes nothing. Throws TENANTS_FILE_INVALID, PLAYBOOK_INVALID. */
export const planTenants = async (store: Store, file: string): Promise<readonly AppliedTenant[]> => {
  const read = await readTenants(file);
  if (!read.ok) throw definitionFaults('TENANTS_FILE_INVALID', file, read.findings);
  const reader = new DefinitionReader(store.api);
  const planned: AppliedTenant[] = [];
  for (const tenant of read.tenants) planned.push(await planOne(store, reader, tenant));
  return planned;
};

const planOne = async (store: Store, reader: DefinitionReader, tenant: TenantEntry): Promise<AppliedTenant> => {
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
  const starters = tenant.starterPlaybooks ? await starterChanges(store, tenant.tenantId, tenant.document) : [];
  for (const { playbook, version, refused } of starters)
    if (refused.length === 0) changes.push(`${playbook.id}@${version} published`);
  const known = await new Experiments(store.api).list(tenant.tenantId);
  for (const { experiment } of tenant.experiments) {
    const before = known.find((one) => one.experiment.id === experiment.id);
    if (before === undefined) changes.push(`experiment ${experiment.id} is new`);
    else if (JSON.stringify(before.experiment) !== JSON.stringify(experiment))
      changes.push(`experiment ${experiment.id} is changed`);
  }
  return { tenantId: tenant.tenantId, policyVersion, changes, refused: starters.flatMap((one) => one.refused) };
};
