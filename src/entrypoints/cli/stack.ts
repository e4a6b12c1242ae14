import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { StackEnv } from '../../adapters/local-stack/stack.ts';
import { startStack } from '../../adapters/local-stack/start-stack.ts';
import { stackEnv, stopStack } from '../../adapters/local-stack/stop-stack.ts';
import { MmmError } from '../../errors.ts';
import type { CliCommand, CliIo } from './command.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
const DEFAULT_DATA = '.local/stack';

/** The default lies in the project whatever the current folder is; a given folder is taken from the current one. */
const dataFolder = (given: string | undefined): string =>
  given === undefined ? resolve(PROJECT, DEFAULT_DATA) : resolve(given);

const dataOption = (): Option =>
  new Option('--data <dir>', `folder of data, logs and state (default: ${DEFAULT_DATA} of the project)`);

/** A shell word that `.` reads back as the same value. */
export const shellWord = (value: string): string =>
  /^[\w:/.@%+,=-]*$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;

/** `KEY=value` lines for `set -a; . <(...)`. A stack with all four parts also selects the distributed way to run. */
export const environmentOf = (env: StackEnv): Record<string, string> => {
  const complete = [env.KAFKA_BOOTSTRAP_SERVERS, env.SCHEMA_REGISTRY_URL, env.REDIS_URL, env.DATABASE_URL].every(
    (value) => value !== undefined,
  );
  return { ...(complete ? { MMM_BACKEND: 'distributed' } : {}), ...env };
};

const up = async (io: CliIo, options: { provider: 'process' | 'docker'; data?: string }): Promise<void> => {
  const dataDir = dataFolder(options.data);
  const stack = await startStack({ provider: options.provider, dataDir, log: (line) => io.err(line) });
  if (io.json) {
    const pids = Object.fromEntries(Object.values(stack.parts).map((part) => [part.part, part.pid() ?? null]));
    io.out(JSON.stringify({ status: 'up', provider: stack.provider, data: dataDir, pids }));
    return;
  }
  const data = options.data === undefined ? '' : ` --data ${shellWord(options.data)}`;
  io.out(`The stack is up; it runs until: npx mmm stack down${data}   (in this folder)`);
  io.out(`Its addresses for your shell:   set -a; . <(npx mmm stack env${data}); set +a`);
};

const down = async (io: CliIo, options: { data?: string }): Promise<void> => {
  const dataDir = dataFolder(options.data);
  const stopped = await stopStack(dataDir);
  if (io.json) io.out(JSON.stringify({ status: 'down', stopped, data: dataDir }));
  else io.out(stopped === 0 ? 'No stack was running.' : `Stopped ${stopped} servers; data stays in ${dataDir}`);
};

const printEnv = async (io: CliIo, options: { data?: string }): Promise<void> => {
  const dataDir = dataFolder(options.data);
  const env = await stackEnv(dataDir);
  if (env === undefined)
    throw new MmmError('STACK_NOT_RUNNING', `no stack runs on ${dataDir}; start it: npx mmm stack up`);
  const all = environmentOf(env);
  if (io.json) io.out(JSON.stringify(all));
  else for (const [key, value] of Object.entries(all)) io.out(`${key}=${shellWord(value)}`);
};

export const stackCommand: CliCommand = {
  name: 'stack',
  summary: 'start Kafka, Redis, schema registry and PostgreSQL for development',
  register: (program: Command, io: CliIo) => {
    const stack = program.command('stack').description(stackCommand.summary);
    stack
      .command('up')
      .description('start what does not run yet, in the background, and return when all of it answers')
      .addOption(
        new Option('--provider <name>', 'local processes (Java 17 and Maven) or Docker')
          .choices(['process', 'docker'])
          .default('process'),
      )
      .addOption(dataOption())
      .action(async (options: { provider: 'process' | 'docker'; data?: string }) => await up(io, options));
    stack
      .command('down')
      .description('stop it; data stays')
      .addOption(dataOption())
      .action(async (options: { data?: string }) => await down(io, options));
    stack
      .command('env')
      .description('print KEY=value lines: set -a; . <(npx mmm stack env)')
      .addOption(dataOption())
      .action(async (options: { data?: string }) => await printEnv(io, options));
  },
};
