import type { Command } from 'commander';
import { parseDurationMs } from '../../domain/playbook/duration.ts';
import { MmmError } from '../../errors.ts';
import { backtestJson, backtestLines } from '../../replay/backtest/backtest-report.ts';
import { printable, printableJson } from '../../replay/try/printable.ts';
import { loadConfig } from '../../runtime/config.ts';
import { backtestPlaybook } from '../composition/backtest-playbook.ts';
import { openStore } from '../composition/store.ts';
import type { CliIo } from './command.ts';
import { ProgressBar } from './progress-bar.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

interface BacktestCliOptions {
  readonly tenant: string;
  readonly since: string;
}

/** `2026-03-01`, a date-time, or an age such as `7d` or `12h`. */
const sinceMsOf = (text: string, nowMs: number): number => {
  const age = parseDurationMs(text);
  const ms = age === null ? Date.parse(text) : nowMs - age;
  if (Number.isNaN(ms))
    throw new MmmError('USAGE', `--since ${text}: give a date such as 2026-03-01, or an age such as 7d`);
  return ms;
};

const backtest = async (io: CliIo, file: string, { tenant, since }: BacktestCliOptions): Promise<void> => {
  const untilMs = Date.now();
  const sinceMs = sinceMsOf(since, untilMs);
  const store = await openStore(loadConfig(), SILENT_LOGGER, 'command');
  let bar = new ProgressBar(io, 0, 'signals');
  const progress = {
    start: (lines: number): void => {
      bar = new ProgressBar(io, lines, 'signals');
    },
    done: (lines: number): void => bar.at(lines),
  };
  try {
    const report = await backtestPlaybook(store, { file, tenantId: tenant, sinceMs, untilMs, progress });
    bar.end();
    if (io.json) io.out(printableJson(backtestJson(report)));
    else for (const text of backtestLines(report)) io.out(printable(text));
  } finally {
    bar.end();
    await store.close();
  }
};

export const registerBacktest = (playbooks: Command, io: CliIo): void => {
  playbooks
    .command('backtest')
    .description(
      'what this version would have done over the recorded signals, as a difference against the live one; sends and stores nothing',
    )
    .argument('<file>', 'YAML or JSON file of one playbook')
    .requiredOption('--tenant <id>', 'whose signals')
    .option(
      '--since <date or age>',
      'signals decided from here on (2026-03-01, 7d, 12h; the journal keeps 30 days)',
      '7d',
    )
    .action(async (path: string, options: BacktestCliOptions) => await backtest(io, path, options));
};
