import type { Command } from 'commander';
import { MmmError } from '../../errors.ts';
import { loadConfig } from '../../runtime/config.ts';
import { type Role, ROLES } from '../composition/engine.ts';
import { serve } from '../serve.ts';
import type { CliCommand, CliIo } from './command.ts';

/** Roles of interface 7 whose stages come with later issues: accepted, so that one set of manifests serves all releases, and said at start. */
const LATER: readonly string[] = ['compose', 'ship'];

const rolesOf = (text: string, io: CliIo): ReadonlySet<Role> => {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !LATER.includes(name) && !(ROLES as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new MmmError('USAGE', `--roles: ${unknown.join(', ')}: give some of ${[...ROLES, ...LATER].join(',')}`);
  const later = names.filter((name) => LATER.includes(name));
  if (later.length > 0 && text !== ALL_ROLES) io.err(`Roles without work in this release: ${later.join(', ')}`);
  return new Set(ROLES.filter((role) => names.includes(role)));
};

const ALL_ROLES = [...ROLES, ...LATER].join(',');

export const serveCommand: CliCommand = {
  name: 'serve',
  summary: 'run the engine',
  register: (program: Command, io: CliIo) => {
    program
      .command('serve')
      .description(serveCommand.summary)
      .option('--roles <names>', `what this process does, comma separated, of ${ALL_ROLES}`, ALL_ROLES)
      .action(async (options: { roles: string }) => {
        const roles = rolesOf(options.roles, io);
        if (roles.size === 0)
          throw new MmmError('USAGE', `--roles ${options.roles}: nothing of this release is to be run`);
        process.exitCode = await serve(loadConfig(), roles, io);
      });
  },
};
