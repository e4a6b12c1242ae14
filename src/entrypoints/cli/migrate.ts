import type { Command } from 'commander';
import { migrationsOf, type MigrationOverview } from '../composition/command-migrations.ts';
import { loadConfig } from '../../runtime/config.ts';
import type { CliCommand, CliIo } from './command.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

const print = (io: CliIo, { states, applied, database }: MigrationOverview): void => {
  const pending = states.filter((state) => !state.applied).map((state) => state.name);
  if (io.json) return io.out(JSON.stringify({ database, applied_now: applied, pending, migrations: states }));
  for (const { name, applied: there } of states) {
    const word = applied.includes(name) ? 'applied now' : there ? 'applied before' : 'not applied';
    io.out(`${name.padEnd(32)} ${word}`);
  }
  if (database === 'absent') io.out('There is no database yet; `npm start` or `mmm migrate up` makes it.');
  io.out(
    pending.length === 0
      ? 'The database is at this release.'
      : `${pending.length} to apply: mmm migrate up (nothing was changed by this command)`,
  );
};

export const migrateCommand: CliCommand = {
  name: 'migrate',
  summary: 'bring the database to this release',
  register: (program: Command, io: CliIo) => {
    const migrate = program
      .command('migrate')
      .description(`${migrateCommand.summary}; on the embedded default the engine does it itself at its start`);
    migrate
      .command('up')
      .description('apply what is missing, each migration in a transaction; several processes may do it at once')
      .action(async () => print(io, await migrationsOf(loadConfig(), SILENT_LOGGER, 'up')));
    migrate
      .command('status')
      .description('say what `up` would apply; changes nothing')
      .action(async () => print(io, await migrationsOf(loadConfig(), SILENT_LOGGER, 'status')));
  },
};
