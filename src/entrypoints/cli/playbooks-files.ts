import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { groundOfTenant, groundWithoutTenant, lintPath } from '../composition/playbook-lint.ts';
import { exportPlaybooks, importPlaybooks } from '../composition/playbook-set.ts';
import type { CliIo } from './command.ts';
import { operatorName } from './operator.ts';
import { findingLines, lintedJson, noteLines, refused } from './playbooks-output.ts';
import { RATE_HELP, ratePerWeek, withStore } from './playbooks-store.ts';
import { withChanges } from './with-changes.ts';

/** Order of members in an exported file: that of interface 5. PostgreSQL keeps none. */
const MEMBERS = ['id', 'name', 'description', 'owner', 'tier', 'triggers', 'when', 'limits', 'deferral', 'actions'];

interface LintOptions {
  readonly tenant?: string;
  readonly rate?: number;
}

const lint = async (io: CliIo, path: string, options: LintOptions): Promise<void> => {
  const { tenant } = options;
  const rate = options.rate ?? null;
  const linted =
    tenant === undefined
      ? await lintPath(path, groundWithoutTenant(rate))
      : await withStore(async (store) => await lintPath(path, await groundOfTenant(store, tenant, rate)));
  const failed = linted.filter(({ findings }) => findings.length > 0);
  if (io.json) io.out(JSON.stringify({ files: linted.map(lintedJson) }));
  else {
    for (const { file, findings, notes } of linted) {
      for (const line of findings.length === 0 ? [`${file}: passes`] : findingLines(file, findings)) io.out(line);
      for (const line of noteLines(file, notes)) io.out(line);
    }
  }
  if (failed.length > 0) throw refused(failed.length, 'the findings are above');
};

interface ImportOptions {
  readonly tenant: string;
  readonly publish?: true;
  readonly partial?: true;
  readonly rate?: number;
}

const importPath = async (io: CliIo, path: string, options: ImportOptions): Promise<void> => {
  const publish = options.publish === true;
  const { linted, failed, stopped, imported } = await withChanges(async (store) => {
    const all = await lintPath(path, await groundOfTenant(store, options.tenant, options.rate ?? null));
    const bad = all.filter(({ findings }) => findings.length > 0);
    const stop = bad.length > 0 && options.partial !== true;
    const taken = stop ? [] : await importPlaybooks(store, options.tenant, all, { publish, who: operatorName() });
    return { linted: all, failed: bad, stopped: stop, imported: taken };
  });
  if (io.json) io.out(JSON.stringify({ tenant: options.tenant, imported, refused: failed.map(lintedJson) }));
  else {
    for (const { file, findings } of failed) for (const line of findingLines(file, findings)) io.err(line);
    for (const { playbook_id, version, imported: isNew, published } of imported) {
      const what = [isNew ? 'imported' : 'was there already', ...(published ? ['published'] : [])].join(', ');
      io.out(`${playbook_id}@${version}: ${what}`);
    }
    for (const { file, notes } of linted) for (const line of noteLines(file, notes)) io.out(line);
    if (!publish && imported.length > 0)
      io.out('Imported versions are drafts until they are published (playbooks publish, or import --publish).');
  }
  if (failed.length > 0) throw refused(failed.length, stopped ? 'nothing was imported' : 'the others were taken');
};

interface ExportOptions {
  readonly tenant: string;
  readonly latest?: true;
  readonly out?: string;
}

const asYaml = (document: unknown): string => {
  const members = Object.entries(document as Record<string, unknown>);
  const rank = (name: string): number => (MEMBERS.includes(name) ? MEMBERS.indexOf(name) : MEMBERS.length);
  return stringify(Object.fromEntries(members.sort(([a], [b]) => rank(a) - rank(b))));
};

const exportAll = async (io: CliIo, options: ExportOptions): Promise<void> => {
  const found = await withStore((store) => exportPlaybooks(store, options.tenant, options.latest === true));
  if (options.out !== undefined) {
    await mkdir(options.out, { recursive: true });
    for (const { playbookId, document } of found)
      await writeFile(join(options.out, `${playbookId}.yaml`), asYaml(document));
  }
  if (io.json) {
    const list = found.map(({ playbookId, version, status, document }) => ({
      playbook_id: playbookId,
      version,
      status,
      document,
    }));
    return io.out(JSON.stringify({ tenant: options.tenant, playbooks: list }));
  }
  if (options.out !== undefined) return io.out(`${found.length} playbooks written to ${options.out}`);
  for (const { playbookId, version, status, document } of found)
    io.out(`---\n# ${playbookId}@${version}, ${status}\n${asYaml(document).trimEnd()}`);
  if (found.length === 0)
    io.err(`tenant ${options.tenant} has no ${options.latest === true ? '' : 'published '}playbook`);
};

const LINT_HELP = `
Refused are: what does not parse or type-check, event types and payload keys that no source sends, texts a receiver would be right to mind, a
mentor without its reason, a multiplier without consent, limits that are never reached, and limits that starve: most of what the playbook
would put off expires, or the tenant's settings take more than half of what its own limits let through.
With --tenant it is held against that tenant's quotas, quiet hours, own event types and recorded signals. With --rate and no tenant, against the
default quotas and quiet hours.`;

export const registerFiles = (playbooks: Command, io: CliIo): void => {
  playbooks
    .command('lint')
    .description('say everything that is wrong with one file, or with each .yaml, .yml and .json of a folder')
    .argument('<path>', 'a playbook file or a folder of them')
    .option('--tenant <id>', 'whose settings it has to live with')
    .option('--rate <number>', RATE_HELP, ratePerWeek)
    .addHelpText('after', LINT_HELP)
    .action(async (path: string, options: LintOptions) => await lint(io, path, options));
  playbooks
    .command('import')
    .description('store new versions of what differs from the latest; nothing at all if one file fails the lint')
    .argument('<path>', 'a playbook file or a folder of them')
    .requiredOption('--tenant <id>', 'whose playbooks they are')
    .option('--publish', 'make them the published versions; without it they stay drafts')
    .option('--partial', 'take the files that pass although others fail (the exit code stays 1)')
    .option('--rate <number>', RATE_HELP, ratePerWeek)
    .action(async (path: string, options: ImportOptions) => await importPath(io, path, options));
  playbooks
    .command('export')
    .description('print the published playbooks of a tenant as YAML; importing them again changes nothing')
    .requiredOption('--tenant <id>', 'whose playbooks')
    .option('--latest', 'the newest version of each, published or not')
    .option('--out <folder>', 'write a file for each instead')
    .action(async (options: ExportOptions) => await exportAll(io, options));
};
