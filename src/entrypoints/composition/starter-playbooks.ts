import { readPlaybookFiles, STARTER_FOLDER } from '../../adapters/files/playbook-files.ts';
import { DefinitionReader, type StoredPlaybook } from '../../adapters/postgres/definition-reader.ts';
import { digestOf } from '../../adapters/postgres/definition-write.ts';
import type { Playbook } from '../../domain/playbook/model.ts';
import { MmmError } from '../../errors.ts';
import { groundOfEntry, lintPlaybookOn } from './playbook-lint.ts';
import type { Store } from './store.ts';

/** A playbook of the starter set that is not live for the tenant as it is in the package. */
export interface StarterChange {
  readonly playbook: Playbook;
  readonly document: unknown;
  /** The number it has or would get. */
  readonly version: number;
  /** Why it may not go live under this tenant's settings, each with place and remedy; empty: it may. */
  readonly refused: readonly string[];
}

/**
 * What of the starter set there is to publish, each held against the tenant's own settings as `playbooks publish` does: quotas and quiet hours under which
 * a playbook can never speak make it a promise that nobody keeps. What is live as it is is left alone, whatever the lint would say of it today.
 */
export const starterChanges = async (
  store: Pick<Store, 'api'>,
  tenantId: string,
  entry: unknown,
  folder: string = STARTER_FOLDER,
): Promise<readonly StarterChange[]> => {
  const stored = await new DefinitionReader(store.api).playbooks(tenantId);
  const ground = await groundOfEntry(store, tenantId, entry, null);
  const changes: StarterChange[] = [];
  for (const file of await readPlaybookFiles(folder)) {
    if (!file.ok) {
      const words = file.findings.map((one) => `${file.file}: ${one.path}: ${one.message}; ${one.remedy}`);
      throw new MmmError('PLAYBOOK_INVALID', words.join('\n'));
    }
    const { playbook, document } = file;
    const latest = stored.findLast(({ playbookId }) => playbookId === playbook.id);
    const isNew = latest === undefined || isOutdated(latest, document);
    if (!isNew && latest.status === 'published') continue;
    const { findings } = await lintPlaybookOn(playbook, ground);
    changes.push({
      playbook,
      document,
      version: (latest?.version ?? 0) + (isNew ? 1 : 0),
      refused: findings.map((one) => `${playbook.id}: ${one.path}: ${one.message}; ${one.remedy}`),
    });
  }
  return changes;
};

/** As `importDraft`: the same text again is the version that is there, unless that was withdrawn. */
const isOutdated = (latest: StoredPlaybook, document: unknown): boolean =>
  latest.digest !== digestOf(document) || latest.status === 'deprecated';
