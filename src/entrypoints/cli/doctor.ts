import type { Command } from 'commander';
import { type CheckResult, type CheckStatus, runChecks } from '../../admin/queries/run-checks.ts';
import { resultTotals } from '../../adapters/postgres/operations.ts';
import { MmmError } from '../../errors.ts';
import { loadConfig } from '../../runtime/config.ts';
import { openDoctor } from '../composition/doctor-checks.ts';
import { openStore } from '../composition/store.ts';
import type { CliCommand, CliIo } from './command.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

const WORDS: Readonly<Record<CheckStatus, string>> = { ok: 'ok', warn: 'WARN', fail: 'FAIL', skipped: '-' };

const linesOf = ({ name, status, detail, remedy }: CheckResult): string[] => [
  `${WORDS[status].padEnd(5)} ${name.padEnd(20)} ${detail.replaceAll('\n', '\n      ')}`,
  ...(remedy === null ? [] : [`      to mend it: ${remedy}`]),
];

const examine = async (io: CliIo): Promise<void> => {
  const doctor = openDoctor(() => loadConfig());
  let results: readonly CheckResult[];
  try {
    results = await runChecks(doctor.checks, (result) => {
      if (!io.json) for (const line of linesOf(result)) io.out(line);
    });
  } finally {
    await doctor.close();
  }
  const failed = results.filter(({ status }) => status === 'fail').length;
  const warned = results.filter(({ status }) => status === 'warn').length;
  if (io.json) io.out(JSON.stringify({ failed, warned, checks: results }));
  else io.out(`${results.length} checks: ${failed} failed, ${warned} warned`);
  if (failed > 0) throw new MmmError('DOCTOR_FAILED', undefined, { details: { failed } });
};

const totals = async (io: CliIo): Promise<void> => {
  const store = await openStore(loadConfig(), SILENT_LOGGER, 'command');
  try {
    const counts = [...(await resultTotals(store.pipeline))];
    const all = counts.reduce((sum, [, count]) => sum + count, 0n);
    const byResult = Object.fromEntries(counts.map(([result, count]) => [result, Number(count)]));
    if (io.json) return io.out(JSON.stringify({ signals: Number(all), by_result: byResult }));
    for (const [result, count] of counts) io.out(`${result.padEnd(20)} ${String(count).padStart(12)}`);
    io.out(`${'signals in all'.padEnd(20)} ${String(all).padStart(12)}   (each once; the journal keeps 30 days)`);
  } finally {
    await store.close();
  }
};

export const doctorCommand: CliCommand = {
  name: 'doctor',
  summary: 'check everything the engine needs',
  register: (program: Command, io: CliIo) => {
    program
      .command('doctor')
      .description(
        `${doctorCommand.summary}, one line each: ok, WARN (it runs, worse) or FAIL with what to do; changes nothing`,
      )
      .option('--totals', 'count the signals of the journal by their result instead')
      .action(async (options: { totals?: true }) => await (options.totals === true ? totals(io) : examine(io)));
  },
};
