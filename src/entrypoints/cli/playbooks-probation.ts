import type { Command } from 'commander';
import { PostgresProbation } from '../../adapters/postgres/postgres-probation.ts';
import { probationReport, type ProbationReport } from '../../admin/queries/probation-report.ts';
import { assertTenant } from '../composition/playbook-set.ts';
import type { CliIo } from './command.ts';
import { withStore } from './playbooks-store.ts';

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const linesOf = (one: ProbationReport): string[] => [
  `${one.playbook_id}@${one.version} (owner ${one.owner}) since ${one.since}${one.published ? '' : ', no longer published'}`,
  `    ${one.not_useful} of ${one.votes} votes of ${one.actors} people: not useful; surely at least ${percent(one.lower_bound)}`,
  ...one.examples.map(({ action_type, title, reason }) => `    ${action_type}: "${title}": ${reason}`),
];

const show = async (io: CliIo, tenantId: string): Promise<void> => {
  const found = await withStore(async (store) => {
    await assertTenant(store, tenantId);
    return await probationReport(new PostgresProbation(store), tenantId);
  });
  if (io.json) return io.out(JSON.stringify({ tenant: tenantId, playbooks: found }));
  if (found.length === 0) return io.out('No playbook is on probation.');
  for (const line of found.flatMap(linesOf)) io.out(line);
  io.out(
    'They are decided and recorded, and sent to nobody. A new version starts afresh: mmm playbooks import --publish.',
  );
};

export const registerProbation = (playbooks: Command, io: CliIo): void => {
  playbooks
    .command('probation')
    .description('list the playbooks that their readers found not useful, with examples and without persons')
    .requiredOption('--tenant <id>', 'whose playbooks')
    .action(async ({ tenant }: { tenant: string }) => await show(io, tenant));
};
