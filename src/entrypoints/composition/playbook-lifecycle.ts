import { parsePlaybookDocument, readPlaybookFiles } from '../../adapters/files/playbook-files.ts';
import { DefinitionReader, type StoredPlaybook } from '../../adapters/postgres/definition-reader.ts';
import { Definitions } from '../../adapters/postgres/definitions.ts';
import { diffPlaybooks } from '../../domain/playbook/diff-playbooks.ts';
import type { Playbook } from '../../domain/playbook/model.ts';
import type { PlaybookChange } from '../../domain/playbook/playbook-change.ts';
import { MmmError } from '../../errors.ts';
import type { ChangingStore } from './changing-store.ts';
import { groundOfTenant, type LintResult, lintStored } from './playbook-lint.ts';
import type { Store } from './store.ts';

/** What a command is about. */
export interface PlaybookOfTenant {
  readonly tenantId: string;
  readonly playbookId: string;
}

/** A version that is to become live: refused by the lint, or live and what that changed. */
export type Published =
  | { readonly ok: false; readonly version: number; readonly lint: LintResult }
  | {
      readonly ok: true;
      readonly version: number;
      /** The version whose text it repeats, for a rollback. */
      readonly repeats: number | null;
      /** What was live before. */
      readonly before: number | null;
      readonly lint: LintResult;
      readonly changes: readonly PlaybookChange[];
    };

const versionsOf = async (
  store: Pick<Store, 'api'>,
  { tenantId, playbookId }: PlaybookOfTenant,
): Promise<readonly StoredPlaybook[]> => {
  const reader = new DefinitionReader(store.api);
  const all = (await reader.playbooks(tenantId)).filter((one) => one.playbookId === playbookId);
  if (all.length > 0) return all;
  const what =
    (await reader.policy(tenantId)) === null ? `tenant ${tenantId}` : `playbook ${playbookId} of ${tenantId}`;
  throw new MmmError('RESOURCE_NOT_FOUND', `there is no ${what}`);
};

const liveOf = (versions: readonly StoredPlaybook[]): StoredPlaybook | null =>
  versions.find(({ status }) => status === 'published') ?? null;

const pick = (versions: readonly StoredPlaybook[], version: number): StoredPlaybook => {
  const found = versions.find((one) => one.version === version);
  if (found !== undefined) return found;
  const known = versions.map((one) => `${one.version} (${one.status})`).join(', ');
  throw new MmmError('RESOURCE_NOT_FOUND', `there is no version ${version}; there are ${known}`);
};

const parsed = ({ playbookId, version, document }: StoredPlaybook): Playbook => {
  const result = parsePlaybookDocument(document, version);
  if (result.ok) return result.playbook;
  throw new MmmError('PLAYBOOK_INVALID', `${playbookId}@${version} can not be read by this release`);
};

const changesBetween = (before: StoredPlaybook | null, after: StoredPlaybook): readonly PlaybookChange[] => {
  const old = before === null ? null : parsePlaybookDocument(before.document, before.version);
  return old?.ok === true ? diffPlaybooks(old.playbook, parsed(after)) : [];
};

/** Publishes a draft (the newest after the live version, if none is named) if it passes the lint against the tenant as it is now. Throws RESOURCE_NOT_FOUND, CONFLICT. */
export const publishVersion = async (
  store: Pick<ChangingStore, 'api' | 'toRecord'>,
  of: PlaybookOfTenant,
  options: { readonly version: number | null; readonly rate: number | null; readonly who: string },
): Promise<Published> => {
  const versions = await versionsOf(store, of);
  const live = liveOf(versions);
  // Not a draft that was passed over: who wants that one back names it.
  const newer = versions.findLast(({ status, version }) => status === 'draft' && version > (live?.version ?? 0));
  const draft = options.version === null ? newer : pick(versions, options.version);
  if (draft === undefined)
    throw new MmmError('CONFLICT', `${of.playbookId} has no draft newer than what is live; import one, or name one`);
  const lint = await lintStored(draft, await groundOfTenant(store, of.tenantId, options.rate));
  if (lint.findings.length > 0) return { ok: false, version: draft.version, lint };
  const seenLive = live?.version ?? null;
  await new Definitions(store).publishPlaybook(of.tenantId, of.playbookId, draft.version, options.who, {
    seenLive,
  });
  const changes = changesBetween(live, draft);
  return { ok: true, version: draft.version, repeats: null, before: seenLive, lint, changes };
};

/** Publishes the text of an earlier version again, under a new number, if it passes the lint as it is now. Throws RESOURCE_NOT_FOUND, CONFLICT. */
export const rollBackVersion = async (
  store: Pick<ChangingStore, 'api' | 'toRecord'>,
  of: PlaybookOfTenant,
  options: { readonly to: number; readonly rate: number | null; readonly who: string },
): Promise<Published> => {
  const versions = await versionsOf(store, of);
  const earlier = pick(versions, options.to);
  const lint = await lintStored(earlier, await groundOfTenant(store, of.tenantId, options.rate));
  if (lint.findings.length > 0) return { ok: false, version: earlier.version, lint };
  const live = liveOf(versions);
  const seenLive = live?.version ?? null;
  const { version, repeats } = await new Definitions(store).rollBackPlaybook(
    of.tenantId,
    of.playbookId,
    options.to,
    options.who,
    { seenLive },
  );
  return { ok: true, version, repeats, before: seenLive, lint, changes: changesBetween(live, earlier) };
};

/** Withdraws the live version and answers its number. Throws RESOURCE_NOT_FOUND, CONFLICT. */
export const deprecateVersion = async (
  store: Pick<ChangingStore, 'api' | 'toRecord'>,
  of: PlaybookOfTenant,
  who: string,
): Promise<number> => {
  const live = liveOf(await versionsOf(store, of));
  if (live === null) throw new MmmError('CONFLICT', `no version of ${of.playbookId} is published`);
  const seen = { seenLive: live.version };
  return (await new Definitions(store).deprecatePlaybook(of.tenantId, of.playbookId, who, seen)).version;
};

export interface Difference {
  readonly playbookId: string;
  /** `tests-missing@3`, or the name of a file. */
  readonly from: string;
  readonly to: string;
  readonly changes: readonly PlaybookChange[];
}

const named = ({ playbookId, version }: StoredPlaybook): string => `${playbookId}@${version}`;

const before = (versions: readonly StoredPlaybook[], id: string, from: number | null): StoredPlaybook => {
  const found = from === null ? liveOf(versions) : pick(versions, from);
  if (found === null) throw new MmmError('CONFLICT', `no version of ${id} is published; name one with --from`);
  return found;
};

/** Two stored versions; without numbers, the live one and the newest. Throws RESOURCE_NOT_FOUND, CONFLICT, PLAYBOOK_INVALID. */
export const diffVersions = async (
  store: Pick<Store, 'api'>,
  of: PlaybookOfTenant,
  { from, to }: { readonly from: number | null; readonly to: number | null },
): Promise<Difference> => {
  const versions = await versionsOf(store, of);
  const one = before(versions, of.playbookId, from);
  const other = to === null ? (versions.at(-1) ?? one) : pick(versions, to);
  const changes = diffPlaybooks(parsed(one), parsed(other));
  return { playbookId: of.playbookId, from: named(one), to: named(other), changes };
};

/** A file against the live version, or against one that is named. Throws USAGE, RESOURCE_NOT_FOUND, CONFLICT, PLAYBOOK_INVALID. */
export const diffFile = async (
  store: Pick<Store, 'api'>,
  tenantId: string,
  path: string,
  from: number | null,
): Promise<Difference> => {
  const [file, ...more] = await readPlaybookFiles(path);
  if (file === undefined || more.length > 0) throw new MmmError('USAGE', 'give one file, not a folder');
  if (!file.ok)
    throw new MmmError('PLAYBOOK_INVALID', `${file.file} can not be read as a playbook: see playbooks lint`);
  const { id } = file.playbook;
  const one = before(await versionsOf(store, { tenantId, playbookId: id }), id, from);
  return { playbookId: id, from: named(one), to: file.file, changes: diffPlaybooks(parsed(one), file.playbook) };
};
