import type { Command } from 'commander';
import { MmmError } from '../../errors.ts';
import { ratiosOf, reportLines } from '../bench/report.ts';
import { type Part, PARTS, runBench } from '../bench/run-bench.ts';
import type { CliCommand, CliIo } from './command.ts';

const RECORDS = 20_000;
const QUICK_RECORDS = 4_000;
const MOST_RECORDS = 1_000_000;
const RECORDED = 1_000_000;
const QUICK_RECORDED = 50_000;

interface Options {
  readonly only: string;
  readonly records?: string;
  readonly recorded?: string;
  readonly quick?: boolean;
  readonly full?: boolean;
  readonly profile?: string;
}

const partsOf = (text: string): ReadonlySet<Part> => {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(PARTS as readonly string[]).includes(name));
  if (unknown.length > 0) throw new MmmError('USAGE', `--only ${unknown.join(',')}: give some of ${PARTS.join(',')}`);
  return new Set(PARTS.filter((part) => names.includes(part)));
};

const countOf = (option: string, given: string | undefined, otherwise: number): number => {
  if (given === undefined) return otherwise;
  const count = Number(given);
  if (Number.isInteger(count) && count >= 100 && count <= MOST_RECORDS) return count;
  throw new MmmError('USAGE', `${option} ${given}: give a whole number from 100 to ${MOST_RECORDS}`);
};

const run = async (io: CliIo, options: Options): Promise<void> => {
  const quick = options.quick === true;
  const result = await runBench({
    parts: partsOf(options.only),
    records: countOf('--records', options.records, quick ? QUICK_RECORDS : RECORDS),
    recorded: countOf('--recorded', options.recorded, quick ? QUICK_RECORDED : RECORDED),
    quick,
    full: options.full === true,
    profile: options.profile ?? null,
    log: (line) => io.err(line),
  });
  if (io.json) io.out(JSON.stringify({ ...result, ratios: ratiosOf(result) }));
  else for (const line of reportLines(result)) io.out(line);
};

export const benchCommand: CliCommand = {
  name: 'bench',
  summary: 'measure this engine against a bare pipeline',
  register: (program: Command, io: CliIo) => {
    program
      .command('bench')
      .description(`${benchCommand.summary}; starts servers of its own and takes them away again`)
      .option(
        '--only <parts>',
        'a: bare pipeline, b: engine, c: engine with one signal in ten decided, d: plan alone, e: memory, f: backtest',
        PARTS.join(','),
      )
      .option('--records <count>', `signals of one throughput run (${RECORDS}, with --quick ${QUICK_RECORDS})`)
      .option('--recorded <count>', `signals recorded for the backtest (${RECORDED}, with --quick ${QUICK_RECORDED})`)
      .option('--quick', 'one short round: to see that it runs, not to compare')
      .option('--full', 'also the backlog of a million')
      .option('--profile <folder>', 'write CPU profiles of the engine there')
      .action(async (options: Options) => run(io, options));
  },
};
