import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { MmmError } from '../../errors.ts';
import { loadConfig } from '../../runtime/config.ts';
import { exportPlaybooks, importPlaybooks, type LintedPlaybook, lintPath } from '../composition/playbook-set.ts';
import { openStore, type Store } from '../composition/store.ts';
import type { CliCommand, CliIo } from './command.ts';
import { operatorName } from './operator.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

/** Order of members in an exported file: that of interface 5. PostgreSQL keeps none. */
const MEMBERS = ['id', 'name', 'description', 'owner', 'tier', 'triggers', 'when', 'limits', 'deferral', 'actions'];

const withStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
  const store = await openStore(loadConfig(), SILENT_LOGGER, 'command');
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};

const findingLines = ({ file, findings }: LintedPlaybook): string[] =>
  findings.map(
    ({ path, message, remedy }) => `${file}: ${path === '' ? 'the file' : path}: ${message}\n    to mend it: ${remedy}`,
  );

const asJson = ({ file, playbookId, findings }: LintedPlaybook): object => ({
  file,
  playbook_id: playbookId,
  findings,
});

const refuse = (failed: readonly LintedPlaybook[], what: string): MmmError =>
  new MmmError('PLAYBOOK_INVALID', `${failed.length} of the files do not pass the lint; ${what}`);

const lint = async (io: CliIo, path: string): Promise<void> => {
  const linted = await lintPath(path);
  const failed = linted.filter(({ findings }) => findings.length > 0);
  if (io.json) io.out(JSON.stringify({ files: linted.map(asJson) }));
  else
    for (const one of linted) io.out(one.findings.length === 0 ? `${one.file}: passes` : findingLines(one).join('\n'));
  if (failed.length > 0) throw refuse(failed, 'the findings are above');
};

interface ImportOptions {
  readonly tenant: string;
  readonly publish?: true;
  readonly partial?: true;
}

const importPath = async (io: CliIo, path: string, options: ImportOptions): Promise<void> => {
  const linted = await lintPath(path);
  const failed = linted.filter(({ findings }) => findings.length > 0);
  if (!io.json) for (const one of failed) for (const line of findingLines(one)) io.err(line);
  const stopped = failed.length > 0 && options.partial !== true;
  const publish = options.publish === true;
  const imported = stopped
    ? []
    : await withStore((store) => importPlaybooks(store, options.tenant, linted, { publish, who: operatorName() }));
  if (io.json) io.out(JSON.stringify({ tenant: options.tenant, imported, refused: failed.map(asJson) }));
  else {
    for (const { playbook_id, version, imported: isNew, published } of imported) {
      const what = [isNew ? 'imported' : 'was there already', ...(published ? ['published'] : [])].join(', ');
      io.out(`${playbook_id}@${version}: ${what}`);
    }
    if (!publish && imported.length > 0) io.out('Imported versions are drafts until published (--publish).');
  }
  if (failed.length > 0) throw refuse(failed, stopped ? 'nothing was imported' : 'the others were taken');
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

export const playbooksCommand: CliCommand = {
  name: 'playbooks',
  summary: 'lint, import and export playbooks',
  register: (program: Command, io: CliIo) => {
    const playbooks = program.command('playbooks').description(playbooksCommand.summary);
    playbooks
      .command('lint')
      .description('say everything that is wrong with one file, or with each .yaml, .yml and .json of a folder')
      .argument('<path>', 'a playbook file or a folder of them')
      .action(async (path: string) => await lint(io, path));
    playbooks
      .command('import')
      .description('store new versions of what differs from the latest; nothing at all if one file fails the lint')
      .argument('<path>', 'a playbook file or a folder of them')
      .requiredOption('--tenant <id>', 'whose playbooks they are')
      .option('--publish', 'make them the published versions; without it they stay drafts')
      .option('--partial', 'take the files that pass although others fail (the exit code stays 1)')
      .action(async (path: string, options: ImportOptions) => await importPath(io, path, options));
    playbooks
      .command('export')
      .description('print the published playbooks of a tenant as YAML; importing them again changes nothing')
      .requiredOption('--tenant <id>', 'whose playbooks')
      .option('--latest', 'the newest version of each, published or not')
      .option('--out <folder>', 'write a file for each instead')
      .action(async (options: ExportOptions) => await exportAll(io, options));
  },
};
