import type { Command } from 'commander';
import type { CliCommand, CliIo } from './command.ts';
import { registerBacktest } from './playbooks-backtest.ts';
import { registerFiles } from './playbooks-files.ts';
import { registerProbation } from './playbooks-probation.ts';
import { registerTest } from './playbooks-test.ts';
import { registerVersions } from './playbooks-versions.ts';

export const playbooksCommand: CliCommand = {
  name: 'playbooks',
  summary: 'lint, test, import, export, publish and compare playbooks',
  register: (program: Command, io: CliIo) => {
    const playbooks = program.command('playbooks').description(playbooksCommand.summary);
    registerFiles(playbooks, io);
    registerTest(playbooks, io);
    registerVersions(playbooks, io);
    registerProbation(playbooks, io);
    registerBacktest(playbooks, io);
  },
};
