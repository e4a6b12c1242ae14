import { createCelCompiler } from '../../adapters/cel/cel-compiler.ts';
import { readPlaybookFiles } from '../../adapters/files/playbook-files.ts';
import { DefinitionReader, type StoredPlaybook } from '../../adapters/postgres/definition-reader.ts';
import { Definitions } from '../../adapters/postgres/definitions.ts';
import type { Finding } from '../../domain/playbook/finding.ts';
import { lintPlaybook } from '../../domain/playbook/lint-playbook.ts';
import { MmmError } from '../../errors.ts';
import { EVENT_TYPES } from '../../generated/event-types.ts';
import type { Store } from './store.ts';

/** A playbook file as the lint sees it; `playbookId` null when the file can not be read as a playbook. */
export interface LintedPlaybook {
  readonly file: string;
  readonly playbookId: string | null;
  readonly document: unknown;
  readonly findings: readonly Finding[];
}

/** Reads one file or a folder and says everything that is wrong with each. Throws USAGE when the path can not be read. */
export const lintPath = async (path: string): Promise<readonly LintedPlaybook[]> => {
  const conditions = createCelCompiler();
  return (await readPlaybookFiles(path)).map((read) => {
    if (!read.ok) return { file: read.file, playbookId: null, document: null, findings: read.findings };
    const { file, document, playbook } = read;
    return { file, document, playbookId: playbook.id, findings: lintPlaybook(playbook, EVENT_TYPES, conditions) };
  });
};

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
  store: Store,
  tenantId: string,
  playbooks: readonly LintedPlaybook[],
  options: { readonly publish: boolean; readonly who: string },
): Promise<readonly ImportedPlaybook[]> => {
  await assertTenant(store, tenantId);
  const definitions = new Definitions(store.api);
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

const assertTenant = async (store: Store, tenantId: string): Promise<void> => {
  if ((await new DefinitionReader(store.api).policy(tenantId)) !== null) return;
  throw new MmmError('RESOURCE_NOT_FOUND', `there is no tenant ${tenantId}; create it first: mmm tenants apply`);
};
