import type { Command } from 'commander';
import { MmmError } from '../../errors.ts';
import {
  activateExperiment,
  applyExperiments,
  checkExperiments,
  deactivateExperiment,
  listExperiments,
  startShadow,
  stopShadow,
} from '../composition/experiment-set.ts';
import type { CliCommand, CliIo } from './command.ts';
import { operatorName } from './operator.ts';
import { withStore } from './playbooks-store.ts';
import { withChanges } from './with-changes.ts';

interface TenantOption {
  readonly tenant: string;
}

const list = async (io: CliIo, { tenant }: TenantOption): Promise<void> => {
  const experiments = await withStore((store) => listExperiments(store, tenant));
  if (io.json) {
    const rows = experiments.map(({ document, status, over, countsSince }) => ({
      ...(document as object),
      status,
      over: over === '' ? null : over,
      counts_since: countsSince.toISOString(),
    }));
    return io.out(JSON.stringify({ tenant, experiments: rows }));
  }
  for (const { experiment, status, over } of experiments) {
    const { id, playbookId, unit, arms } = experiment;
    const words = arms.map(
      ({ name, version, weight }) => `${name} ${version === null ? 'nothing' : `@${version}`} ${weight}`,
    );
    io.out(`${id}: ${status}, ${playbookId} by ${unit}: ${words.join(', ')}${over === '' ? '' : `\n  over: ${over}`}`);
  }
  if (experiments.length === 0) io.out(`tenant ${tenant} has no experiment`);
};

const apply = async (io: CliIo, path: string, { tenant }: TenantOption): Promise<void> => {
  const applied = await withChanges((store) => applyExperiments(store, tenant, path, operatorName()));
  if (io.json) return io.out(JSON.stringify({ tenant, applied }));
  const words = {
    new: 'written as a draft; activate it when it shall begin',
    changed: 'changed',
    same: 'nothing to change',
  };
  for (const { experiment, changed } of applied) io.out(`${experiment}: ${words[changed]}`);
};

const move = async (io: CliIo, id: string, { tenant }: TenantOption, to: 'active' | 'inactive'): Promise<void> => {
  const step = to === 'active' ? activateExperiment : deactivateExperiment;
  const changed = await withChanges((store) => step(store, tenant, id, operatorName()));
  if (io.json) return io.out(JSON.stringify({ tenant, experiment: id, status: to, changed }));
  io.out(changed ? `${id} is ${to} now` : `${id} was ${to} already`);
};

const check = async (io: CliIo, { tenant }: TenantOption): Promise<void> => {
  const checked = await withChanges((store) => checkExperiments(store, tenant, operatorName()));
  if (io.json) io.out(JSON.stringify({ tenant, experiments: checked }));
  else
    for (const { experiment, check: ratio } of checked) {
      const arms = ratio.arms.map(({ arm, units, expected }) => `${arm} ${units} (expected ${expected.toFixed(1)})`);
      const verdict = { fits: 'fits', off: 'off: now on hold', too_few: 'too few units to say' }[ratio.verdict];
      io.out(
        `${experiment}: ${verdict}${ratio.p === null ? '' : `, p = ${ratio.p.toPrecision(2)}`}\n  ${arms.join(', ')}`,
      );
    }
  if (!io.json && checked.length === 0) io.out(`tenant ${tenant} has no active experiment`);
  const off = checked.filter(({ check: ratio }) => ratio.verdict === 'off').map(({ experiment }) => experiment);
  if (off.length > 0) throw new MmmError('EXPERIMENT_ON_HOLD', `the sample ratio is off: ${off.join(', ')}`);
};

interface ShadowOptions extends TenantOption {
  readonly stop?: true;
}

const shadow = async (io: CliIo, given: string, { tenant, stop }: ShadowOptions): Promise<void> => {
  const [, playbook = '', version] = /^([^@]+)@([1-9][0-9]{0,5})$/.exec(given) ?? [];
  if (version === undefined) throw new MmmError('USAGE', `${given} is no version; write <playbook>@<version>`);
  const number = Number(version);
  const step = stop === true ? stopShadow : startShadow;
  const changed = await withChanges((store) => step(store, tenant, playbook, number, operatorName()));
  if (io.json) return io.out(JSON.stringify({ tenant, playbook, version: number, shadow: stop !== true, changed }));
  if (stop === true) return io.out(changed ? `${given} is a draft again` : `${given} was no shadow`);
  io.out(`${given} ${changed ? 'runs' : 'ran already'} as shadow: decided and recorded, never sent`);
};

const HELP = `
An experiment (YAML or JSON; JSON Schema in schemas/experiment):
  id: shorter-text
  name: A shorter text
  playbook: tests-missing
  unit: actor                    # or team (role team:<name>), or repository
  arms:
    - { name: control, version: 3, weight: 0.5 }
    - { name: short, version: 4, weight: 0.3 }
    - { name: silence, holdout: true, weight: 0.2 }
Weights sum to 1, at most half is held out, the published version is an arm, every other arm runs as shadow; nothing of tier critical.
It ends when you deactivate it, publish another version (the winner), or end a shadow that is an arm.
The engine checks the sample ratio hourly; p < 0.001 puts an experiment on hold, which says nothing to anybody until you have looked.`;

export const experimentsCommand: CliCommand = {
  name: 'experiments',
  summary: 'compare versions of a playbook, or let one run as shadow',
  register: (program: Command, io: CliIo) => {
    const experiments = program
      .command('experiments')
      .description(experimentsCommand.summary)
      .addHelpText('after', HELP);
    const of = (name: string, description: string): Command =>
      experiments.command(name).description(description).requiredOption('--tenant <id>', 'whose');
    of('list', 'every experiment with its status and arms').action(
      async (options: TenantOption) => await list(io, options),
    );
    of('apply', 'write the experiments of a file or folder; new ones are drafts; idempotent')
      .argument('<path>', 'an experiment file or a folder of them')
      .action(async (path: string, options: TenantOption) => await apply(io, path, options));
    of('activate', 'begin to assign; also ends a hold')
      .argument('<experiment>', 'its id')
      .action(async (id: string, options: TenantOption) => await move(io, id, options, 'active'));
    of('deactivate', 'end it: everybody gets the published version')
      .argument('<experiment>', 'its id')
      .action(async (id: string, options: TenantOption) => await move(io, id, options, 'inactive'));
    of('check', 'do the units stand in the arms as the weights say? what is off is put on hold').action(
      async (options: TenantOption) => await check(io, options),
    );
    of('shadow', 'let a version be decided and recorded beside the published one, never sent')
      .argument('<playbook@version>', 'a draft; with --stop a shadow')
      .option('--stop', 'end it: the version is a draft again')
      .action(async (playbook: string, options: ShadowOptions) => await shadow(io, playbook, options));
  },
};
