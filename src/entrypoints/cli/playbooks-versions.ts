import type { Command } from 'commander';
import {
  deprecateVersion,
  diffFile,
  diffVersions,
  type Published,
  publishVersion,
  rollBackVersion,
} from '../composition/playbook-lifecycle.ts';
import { MmmError } from '../../errors.ts';
import type { CliIo } from './command.ts';
import { operatorName } from './operator.ts';
import { changeLines, findingLines, lintJson, noteLines, refused } from './playbooks-output.ts';
import { RATE_HELP, ratePerWeek, versionNumber, withStore } from './playbooks-store.ts';
import { withChanges } from './with-changes.ts';

interface PublishOptions {
  readonly tenant: string;
  readonly rate?: number;
}
interface RollBackOptions extends PublishOptions {
  readonly to: number;
}

const sayPublished = (io: CliIo, playbookId: string, done: Published): void => {
  const where = `${playbookId}@${done.version}`;
  if (io.json) {
    const outcome = done.ok
      ? { published: true, repeats: done.repeats, before: done.before, changes: done.changes }
      : { published: false };
    io.out(JSON.stringify({ playbook_id: playbookId, version: done.version, ...outcome, ...lintJson(done.lint) }));
  } else if (done.ok) {
    const repeats = done.repeats === null ? '' : `, with the text of version ${done.repeats}`;
    io.out(`${where}: published${repeats}; before it: ${done.before === null ? 'none' : `version ${done.before}`}`);
    for (const line of changeLines(done.changes)) io.out(line);
    for (const line of noteLines(where, done.lint.notes)) io.out(line);
  } else for (const line of findingLines(where, done.lint.findings)) io.out(line);
  if (!done.ok) throw refused(1, 'nothing was published');
};

const publish = async (
  io: CliIo,
  playbookId: string,
  version: number | undefined,
  options: PublishOptions,
): Promise<void> => {
  const of = { tenantId: options.tenant, playbookId };
  const how = { version: version ?? null, rate: options.rate ?? null, who: operatorName() };
  sayPublished(io, playbookId, await withChanges((store) => publishVersion(store, of, how)));
};

const rollBack = async (io: CliIo, playbookId: string, options: RollBackOptions): Promise<void> => {
  const of = { tenantId: options.tenant, playbookId };
  const how = { to: options.to, rate: options.rate ?? null, who: operatorName() };
  sayPublished(io, playbookId, await withChanges((store) => rollBackVersion(store, of, how)));
};

const deprecate = async (io: CliIo, playbookId: string, { tenant }: { readonly tenant: string }): Promise<void> => {
  const version = await withChanges((store) =>
    deprecateVersion(store, { tenantId: tenant, playbookId }, operatorName()),
  );
  if (io.json) io.out(JSON.stringify({ playbook_id: playbookId, version, deprecated: true }));
  else io.out(`${playbookId}@${version}: withdrawn; no version is live now`);
};

interface DiffOptions {
  readonly tenant: string;
  readonly from?: number;
  readonly to?: number;
}

const diff = async (io: CliIo, what: string, options: DiffOptions): Promise<void> => {
  const { tenant } = options;
  const [from, to] = [options.from ?? null, options.to ?? null];
  const isFile = /\.(yaml|yml|json)$/.test(what);
  if (isFile && to !== null) throw new MmmError('USAGE', 'a file is what is compared; --to is for stored versions');
  const found = await withStore((store) =>
    isFile
      ? diffFile(store, tenant, what, from)
      : diffVersions(store, { tenantId: tenant, playbookId: what }, { from, to }),
  );
  if (io.json)
    return io.out(
      JSON.stringify({ playbook_id: found.playbookId, from: found.from, to: found.to, changes: found.changes }),
    );
  if (found.changes.length === 0) return io.out(`${found.from} and ${found.to} decide and say the same`);
  io.out(`${found.from} -> ${found.to}`);
  for (const line of changeLines(found.changes)) io.out(line);
};

export const registerVersions = (playbooks: Command, io: CliIo): void => {
  playbooks
    .command('publish')
    .description('make a draft the live version, if it passes the lint against the tenant as it is now')
    .argument('<playbook>', 'its id')
    // No option: --version is the program's own.
    .argument('[version]', 'which draft; without it the newest after the live version', versionNumber)
    .requiredOption('--tenant <id>', 'whose playbook')
    .option('--rate <number>', RATE_HELP, ratePerWeek)
    .action(
      async (id: string, version: number | undefined, options: PublishOptions) =>
        await publish(io, id, version, options),
    );
  playbooks
    .command('deprecate')
    .description('withdraw the live version; decisions under way keep it')
    .argument('<playbook>', 'its id')
    .requiredOption('--tenant <id>', 'whose playbook')
    .action(async (id: string, options: { readonly tenant: string }) => await deprecate(io, id, options));
  playbooks
    .command('rollback')
    .description('publish the text of an earlier version again, under a new number')
    .argument('<playbook>', 'its id')
    .requiredOption('--tenant <id>', 'whose playbook')
    .requiredOption('--to <number>', 'the version whose text comes back', versionNumber)
    .option('--rate <number>', RATE_HELP, ratePerWeek)
    .action(async (id: string, options: RollBackOptions) => await rollBack(io, id, options));
  playbooks
    .command('diff')
    .description('what changes for a reader between two versions, or between the live version and a file')
    .argument('<playbook or file>', 'an id, or a path that ends in .yaml, .yml or .json')
    .requiredOption('--tenant <id>', 'whose playbook')
    .option('--from <number>', 'the earlier version; without it the live one', versionNumber)
    .option('--to <number>', 'the later version; without it the newest', versionNumber)
    .action(async (what: string, options: DiffOptions) => await diff(io, what, options));
};
