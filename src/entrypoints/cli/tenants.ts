import type { Command } from 'commander';
import { MmmError } from '../../errors.ts';
import { applyTenants, DEMO_TENANTS } from '../composition/apply-tenants.ts';
import { planTenants } from '../composition/plan-tenants.ts';
import type { CliCommand, CliIo } from './command.ts';
import { operatorName } from './operator.ts';
import { withStore } from './playbooks-store.ts';
import { withChanges } from './with-changes.ts';

interface ApplyOptions {
  readonly demo?: true;
  readonly dryRun?: true;
}

const apply = async (io: CliIo, given: string | undefined, options: ApplyOptions): Promise<void> => {
  if ((given === undefined) === (options.demo !== true)) throw new MmmError('USAGE', 'give a tenants file, or --demo');
  const file = given ?? DEMO_TENANTS;
  const dryRun = options.dryRun === true;
  const tenants = dryRun
    ? await withStore((store) => planTenants(store, file))
    : await withChanges((store) => applyTenants(store, file, operatorName()));
  if (io.json) io.out(JSON.stringify({ dry_run: dryRun, tenants }));
  else
    for (const { tenantId, policyVersion, changes } of tenants) {
      if (changes.length === 0) io.out(`${tenantId}: nothing to change (policy version ${policyVersion})`);
      else io.out(`${tenantId}: ${dryRun ? 'would change' : 'changed'}:\n  ${changes.join('\n  ')}`);
    }
  if (dryRun && !io.json) io.out('Nothing was written.');
  const refused = tenants.flatMap((one) => one.refused.map((why) => `${one.tenantId}: ${why}`));
  // Everything else is done: what is left is for who wrote the settings, and must not look like success.
  if (refused.length > 0)
    throw new MmmError('PLAYBOOK_INVALID', `not published under these settings:\n  ${refused.join('\n  ')}`);
};

const HELP = `
A tenants file (YAML or JSON; JSON Schema in schemas/tenants):
  tenants:
    - id: acme
      time_zone: Europe/Berlin
      quiet_hours: { start: "19:00", end: "08:00" }
      quotas: { max_actions_per_day: 5 }
      playbooks: starter
      experiments: []     # as schemas/experiment; new ones are drafts until mmm experiments activate
      event_types: { design_reviewed: { payload: { score: number } } }     # of sources of your own; the lint of playbooks knows them
The whole file is checked before anything is written (the versions that experiments compare, when the playbooks are there); what is
as it should be is left alone. A starter playbook is published if it passes the lint under the tenant's settings. Tenants that the file does not name
stay as they are. A running engine takes changes over within seconds.`;

export const tenantsCommand: CliCommand = {
  name: 'tenants',
  summary: 'create or change tenants with their policy',
  register: (program: Command, io: CliIo) => {
    const tenants = program.command('tenants').description(tenantsCommand.summary);
    tenants
      .command('apply')
      .description('create or change the tenants of a file, with policy, people and playbooks; idempotent')
      .argument('[file]', 'a tenants file')
      .option('--demo', 'the demo tenant with the starter playbooks, instead of a file')
      .option('--dry-run', 'only say what would change')
      .addHelpText('after', HELP)
      .action(async (file: string | undefined, options: ApplyOptions) => await apply(io, file, options));
  },
};
