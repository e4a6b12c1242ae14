import type { Command } from 'commander';
import { type CheckResult, type CheckStatus, runChecks } from '../../admin/queries/run-checks.ts';
import { journalTotals } from '../../adapters/postgres/totals.ts';
import { balanceOf, FAULTS, type Totals } from '../../domain/conservation.ts';
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

const totalsJson = (totals: Totals): object => {
  const { signals, addUp } = balanceOf(totals);
  return {
    signals,
    by_result: Object.fromEntries(totals.results),
    decisions: totals.decisions,
    candidates: totals.candidates,
    by_end: [...totals.ends.values()].map(({ disposition, reason, count }) => ({
      ...{ disposition, reason_code: reason, count },
    })),
    actions: totals.actions,
    outbox_compared: totals.published,
    faults: Object.fromEntries(totals.faults),
    add_up: addUp,
  };
};

const totalsLines = (totals: Totals): string[] => {
  const row = (label: string, count: number, note = ''): string =>
    `${label.padEnd(44)} ${String(count).padStart(12)}${note === '' ? '' : `   (${note})`}`;
  const { signals, ended } = balanceOf(totals);
  const ends = [...totals.ends.values()].sort((a, b) => b.count - a.count);
  return [
    ...[...totals.results].map(([result, count]) => row(result, count)),
    row('signals in all', signals, 'each once; the journal keeps 30 days'),
    '',
    ...ends.map(({ disposition, reason, count }) =>
      row(disposition === 'delivered' ? disposition : `${disposition}: ${reason}`, count),
    ),
    row('candidates in all', ended, `of ${totals.decisions} decisions, which are kept for 90 days`),
    row('actions', totals.actions, `rows in the outbox compared for the newest ${totals.published} decisions`),
    '',
    ...[...totals.faults].map(([fault, count]) => `FAIL  ${count}: ${FAULTS[fault]}`),
    totals.faults.size === 0
      ? 'The totals add up.'
      : 'THE TOTALS DO NOT ADD UP. This is a fault of ours: please report it.',
  ];
};

const totals = async (io: CliIo, tenantId: string | null): Promise<void> => {
  const store = await openStore(loadConfig(), SILENT_LOGGER, 'command');
  try {
    const counted = await journalTotals(store.pipeline, tenantId, Date.now());
    if (io.json) io.out(JSON.stringify(totalsJson(counted)));
    else for (const line of totalsLines(counted)) io.out(line);
    const failed = counted.faults.size;
    if (failed > 0)
      throw new MmmError('DOCTOR_FAILED', 'the totals of the journal do not add up', { details: { failed } });
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
      .option(
        '--totals',
        'instead count what the journal holds, by result and by end of each candidate, and whether it adds up',
      )
      .option('--tenant <id>', 'with --totals: of this tenant only')
      .action(async (options: { totals?: true; tenant?: string }) => {
        if (options.totals === true) return await totals(io, options.tenant ?? null);
        if (options.tenant !== undefined) throw new MmmError('USAGE', '--tenant goes with --totals');
        await examine(io);
      });
  },
};
