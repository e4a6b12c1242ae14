import type { Command } from 'commander';
import { RegistryClient } from '../../adapters/registry/registry-client.ts';
import { setUpSchemas } from '../../adapters/registry/schema-setup.ts';
import type { SchemaStep, SchemaStepKind } from '../../admin/commands/plan-schemas.ts';
import { MmmError } from '../../errors.ts';
import { loadConfig } from '../../runtime/config.ts';
import type { CliCommand, CliIo } from './command.ts';

const WORDS: Readonly<Record<SchemaStepKind, readonly [planned: string, done: string]>> = {
  ok: ['as it should be', 'as it should be'],
  register: ['would be registered', 'registered'],
  'set-compatibility': ['compatibility would be set', 'compatibility set'],
  incompatible: ['incompatible', 'incompatible, refused'],
};

async function run(io: CliIo, done: boolean): Promise<readonly SchemaStep[]> {
  const { distributed, namespace } = loadConfig();
  if (distributed === null) {
    throw new MmmError('USAGE', 'the embedded default has no registry; set MMM_BACKEND=distributed and its addresses');
  }
  const steps = await setUpSchemas(new RegistryClient(distributed.registryUrl), namespace, { apply: done });
  if (io.json) io.out(JSON.stringify({ done, steps }));
  else {
    for (const { kind, subject, version, detail } of steps) {
      const why = kind === 'ok' || kind === 'register' ? '' : ` (${detail})`;
      io.out(`${`${subject}:${version}`.padEnd(36)} ${WORDS[kind][done ? 1 : 0]}${why}`);
    }
  }
  return steps;
}

function refuse(steps: readonly SchemaStep[], kinds: readonly SchemaStepKind[]): void {
  const differing = steps.filter(({ kind }) => kinds.includes(kind));
  if (differing.length > 0) throw new MmmError('SCHEMAS_DIFFER', undefined, { details: { schemas: differing.length } });
}

export const schemasCommand: CliCommand = {
  name: 'schemas',
  summary: 'register or check the schemas',
  register: (program: Command, io: CliIo) => {
    const schemas = program.command('schemas').description(schemasCommand.summary);
    schemas
      .command('register')
      .description('register every released version that is missing, with compatibility BACKWARD')
      .option('--dry-run', 'only say what would be done')
      .action(async (options: { dryRun?: boolean }) => {
        refuse(await run(io, options.dryRun !== true), ['incompatible']);
      });
    schemas
      .command('check')
      .description('compare the registry with schemas/; exit code 1 when they differ')
      .action(async () => {
        refuse(await run(io, false), ['incompatible', 'register', 'set-compatibility']);
      });
  },
};
