import { DefinitionReader, type StoredPlaybook } from '../../adapters/postgres/definition-reader.ts';
import { Definitions } from '../../adapters/postgres/definitions.ts';
import { MmmError } from '../../errors.ts';
import type { ChangingStore } from './changing-store.ts';
import type { LintedPlaybook } from './playbook-lint.ts';
import type { Store } from './store.ts';

export interface ImportedPlaybook {
  readonly playbook_id: string;
  readonly version: number;
  /** A new version was written. */
  readonly imported: boolean;
  /** This call made it the published one. */
  readonly published: boolean;
}

/** Imports what passed the lint, and publishes it if told so. Idempotent. Throws RESOURCE_NOT_FOUND for an unknown tenant. */
export const importPlaybooks = async (
  store: ChangingStore,
  tenantId: string,
  playbooks: readonly LintedPlaybook[],
  options: { readonly publish: boolean; readonly who: string },
): Promise<readonly ImportedPlaybook[]> => {
  await assertTenant(store, tenantId);
  const definitions = new Definitions(store);
  const imported: ImportedPlaybook[] = [];
  for (const { playbookId, document, findings } of playbooks) {
    if (playbookId === null || findings.length > 0) continue;
    const { version, changed } = await definitions.importPlaybook(tenantId, playbookId, document, options.who);
    const published =
      options.publish && (await definitions.publishPlaybook(tenantId, playbookId, version, options.who)).changed;
    imported.push({ playbook_id: playbookId, version, imported: changed, published });
  }
  return imported;
};

/** The published version of each playbook; with `latest` the newest, whatever its status. Throws RESOURCE_NOT_FOUND for an unknown tenant. */
export const exportPlaybooks = async (
  store: Store,
  tenantId: string,
  latest: boolean,
): Promise<readonly StoredPlaybook[]> => {
  await assertTenant(store, tenantId);
  const all = await new DefinitionReader(store.api).playbooks(tenantId);
  return all.filter(({ playbookId, version, status }) =>
    latest ? !all.some((other) => other.playbookId === playbookId && other.version > version) : status === 'published',
  );
};

/** Throws RESOURCE_NOT_FOUND for a tenant that nobody has created. */
export const assertTenant = async (store: Store, tenantId: string): Promise<void> => {
  if ((await new DefinitionReader(store.api).policy(tenantId)) !== null) return;
  throw new MmmError('RESOURCE_NOT_FOUND', `there is no tenant ${tenantId}; create it first: mmm tenants apply`);
};
