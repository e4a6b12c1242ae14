import { BACKTEST_AIM_PER_SECOND } from './backtest.ts';
import { DISTURBED_FROM } from './measure.ts';
import type { MemoryUse } from './memory.ts';
import { PLAN_P99_AIM_MS, SIGNALS_PER_SECOND_AIM } from './plan-speed.ts';
import { type BenchResult, type Measured, RATES } from './run-bench.ts';
import { median, type Spread, spreadOf } from './statistics.ts';

const whole = (value: number): string => value.toFixed(0);
const withSpread = ({ median: middle, least, most }: Spread): string =>
  `${whole(middle)} (${whole(least)} to ${whole(most)})`;

const foreignOf = (runs: readonly { readonly cpu: { readonly foreign: number | null } }[]): number | null => {
  const known = runs.flatMap(({ cpu }) => (cpu.foreign === null ? [] : [cpu.foreign]));
  return known.length === 0 ? null : Math.max(...known);
};

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const rateOf = (measured: Measured | undefined): number =>
  measured === undefined ? Number.NaN : median(measured.throughput.map((run) => run.perSecond));
const p95Of = (measured: Measured | undefined, rate: number): number =>
  measured === undefined
    ? Number.NaN
    : median(measured.latency.filter((run) => run.rate === rate).map((run) => run.p95));

const microsecondsOf = ({ throughput }: Measured): string => {
  const names = Object.keys(throughput[0]?.cpu.seconds ?? {});
  const each = names.map((name) => {
    const values = throughput.map(({ cpu, signals }) => ((cpu.seconds[name] ?? 0) * 1_000_000) / signals);
    return [name, median(values)] as const;
  });
  return each
    .filter(([, us]) => us >= 1)
    .map(([name, us]) => `${name} ${whole(us)}`)
    .join(', ');
};

const latencyCell = ({ latency }: Measured, rate: number): string => {
  const runs = latency.filter((run) => run.rate === rate);
  if (runs.length === 0) return '-';
  return [runs.map((run) => run.p50), runs.map((run) => run.p95), runs.map((run) => run.p99)]
    .map((values) => whole(median(values)))
    .join('/');
};

/** Spread of the runs' medians, in bytes. */
const residentOf = (use: MemoryUse | undefined): Spread => spreadOf((use?.runs ?? []).map((run) => run.medianBytes));

/** The ratios that the aims are about. NaN where a side was not measured. */
export const ratiosOf = ({ streams, plan, memory, speed, backtest }: BenchResult): Readonly<Record<string, number>> => {
  const find = (name: Measured['name']): Measured | undefined => streams.find((one) => one.name === name);
  const [bare, engine] = [find('bare'), find('engine')];
  const [small, large] = memory;
  const slowest = backtest.at(-1);
  return {
    throughput: rateOf(engine) / rateOf(bare),
    ...Object.fromEntries(RATES.map((rate) => [`p95_at_${rate}`, p95Of(engine, rate) / p95Of(bare, rate)])),
    plan_p99:
      Math.max(...(speed?.p99 ?? [{ ms: { median: Number.NaN } }]).map(({ ms }) => ms.median)) / PLAN_P99_AIM_MS,
    gate_chain: (speed?.signalsPerSecond.median ?? Number.NaN) / SIGNALS_PER_SECOND_AIM,
    plan: (plan.at(-1)?.microseconds.median ?? Number.NaN) / (plan[0]?.microseconds.median ?? Number.NaN),
    memory: residentOf(large).median / residentOf(small).median,
    backtest: slowest === undefined ? Number.NaN : slowest.signals / slowest.seconds / BACKTEST_AIM_PER_SECOND,
    backtest_memory: (slowest?.mostBytes ?? Number.NaN) / (backtest[1]?.mostBytes ?? Number.NaN),
  };
};

const streamLines = (result: BenchResult): string[] => {
  if (result.streams.length === 0) return [];
  const lines = [
    `Outputs of one signal: ${result.outputBytes.join(' + ')} bytes (decision, delivery, receipt)`,
    row(
      'pipeline',
      'signals/s, median (spread)',
      ...RATES.map((rate) => `${rate}/s: p50/p95/p99 ms`),
      'CPU us a signal',
      'foreign CPU',
    ),
    row('---', '---', ...RATES.map(() => '---'), '---', '---'),
  ];
  for (const measured of result.streams) {
    const foreign = foreignOf([...measured.throughput, ...measured.latency]);
    const note =
      foreign === null ? 'unknown' : `${foreign.toFixed(2)}${foreign >= DISTURBED_FROM ? ' (disturbed)' : ''}`;
    lines.push(
      row(
        measured.name,
        withSpread(spreadOf(measured.throughput.map((run) => run.perSecond))),
        ...RATES.map((rate) => latencyCell(measured, rate)),
        microsecondsOf(measured),
        note,
      ),
    );
  }
  return lines;
};

/** What a person reads: tables, then each ratio that has an aim. */
export const reportLines = (result: BenchResult): string[] => {
  const lines = streamLines(result);
  if (result.plan.length > 0) {
    lines.push('', row('playbooks', 'plan, us CPU a signal, median (spread)'), row('---', '---'));
    for (const { playbooks, microseconds: us } of result.plan) {
      lines.push(row(String(playbooks), `${us.median.toFixed(1)} (${us.least.toFixed(1)} to ${us.most.toFixed(1)})`));
    }
  }
  if (result.speed !== null) {
    const { p99, signalsPerSecond } = result.speed;
    for (const { playbooks, matching, ms } of p99)
      lines.push(
        `plan with ${playbooks} playbooks, ${matching} of them matching: p99 ${ms.median.toFixed(3)} ms (${ms.least.toFixed(3)} to ${ms.most.toFixed(3)})`,
      );
    lines.push(`plan, entry and state without stores, one core: ${withSpread(signalsPerSecond)} signals/s of CPU time`);
  }
  if (result.memory.length > 0) {
    lines.push('', row('backlog', 'resident MB, median (spread)', 'most'), row('---', '---', '---'));
    for (const use of result.memory) {
      const { median: middle, least, most } = residentOf(use);
      const spread: Spread = { median: middle / 1e6, least: least / 1e6, most: most / 1e6 };
      const greatest = Math.max(...use.runs.map((run) => run.mostBytes));
      lines.push(row(String(use.backlog), withSpread(spread), whole(greatest / 1e6)));
    }
  }
  if (result.backtest.length > 0) {
    lines.push('', row('backtest of', 'signals', 's', 'signals/s', 'CPU s', 'most resident MB', 'foreign CPU'));
    lines.push(row(...Array.from({ length: 7 }, () => '---')));
    for (const { version, signals, seconds, cpu, mostBytes } of result.backtest) {
      const used = Object.entries(cpu.seconds).map(([name, spent]) => `${name} ${spent.toFixed(1)}`);
      const numbers = [String(signals), seconds.toFixed(1), whole(signals / seconds), used.join(', ')];
      const memory = mostBytes === null ? 'unknown' : whole(mostBytes / 1e6);
      lines.push(row(`the ${version} version`, ...numbers, memory, cpu.foreign?.toFixed(2) ?? 'unknown'));
    }
  }
  const aims: Readonly<Record<string, string>> = {
    throughput: 'engine to bare, aim at least 0.35',
    p95_at_200: 'engine to bare, aim at most 2',
    p95_at_1000: 'engine to bare, aim at most 2',
    plan_p99: `of plan with 200 playbooks to ${PLAN_P99_AIM_MS} ms, aim at most 1`,
    gate_chain: `signals/s of one core to ${SIGNALS_PER_SECOND_AIM}, aim at least 1`,
    plan: '10,000 playbooks to 10, aim at most 1.2',
    memory: 'backlog of 1,000,000 to 100,000, aim at most 1.1',
    backtest: 'signals/s of the changed version to 1,000,000 in 60 s, aim at least 1',
    backtest_memory: 'all the signals to a fifth of them',
  };
  lines.push('');
  for (const [name, ratio] of Object.entries(ratiosOf(result))) {
    if (!Number.isNaN(ratio)) lines.push(`ratio ${name}: ${ratio.toFixed(2)} (${aims[name] ?? ''})`);
  }
  return lines;
};
