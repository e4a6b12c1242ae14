import { MmmError } from '../../errors.ts';
import type { Candidate } from './candidates.ts';
import type { Child } from './child.ts';
import { type CpuUse, cpuBetween, readCpu } from './cpu.ts';
import { burst, openLoop } from './load.ts';
import { signalSource } from './signals.ts';
import type { Sink } from './sink.ts';
import { percentile } from './statistics.ts';
import type { BenchWorld } from './world.ts';

/** Above this share of one processor in other hands a run is disturbed: measured, it then varies by more than it says. */
export const DISTURBED_FROM = 0.15;

export interface ThroughputRun {
  readonly kind: 'throughput';
  readonly perSecond: number;
  readonly signals: number;
  readonly cpu: CpuUse;
}

export interface LatencyRun {
  readonly kind: 'latency';
  readonly rate: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly cpu: CpuUse;
}

export interface BenchTools {
  readonly world: BenchWorld;
  readonly sink: Sink;
  /** A word of its own for each run: ids and actors begin with it. */
  readonly nextRun: () => string;
}

const RUN_DEADLINE_MS = 300_000;
/** The first part of an open-loop run is not counted: connections and code are still getting warm. */
const LEFT_OUT = 0.1;

const withinDeadline = async <T>(what: string, work: Promise<T>, child: Child, seen: () => number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new MmmError('INTERNAL_ERROR', `${what}: not complete after ${RUN_DEADLINE_MS / 1_000} s, ${seen()} seen`),
        ),
      RUN_DEADLINE_MS,
    );
  });
  try {
    return await Promise.race([work, late, child.ended]);
  } finally {
    clearTimeout(timer);
  }
};

const wantedOf = (delivers: (number: number) => boolean, count: number): number => {
  let wanted = 0;
  for (let number = 0; number < count; number++) if (delivers(number)) wanted += 1;
  return wanted;
};

const refuseRepeats = (name: string, repeated: number): void => {
  if (repeated > 0) throw new MmmError('INTERNAL_ERROR', `${name}: ${repeated} deliveries came twice`);
};

/** A backlog of `count` signals at once; the rate is over all of them, from the moment they could be read to the last delivery seen. */
export const measureThroughput = async (
  { world, sink, nextRun }: BenchTools,
  candidate: Candidate,
  child: Child,
  count: number,
): Promise<ThroughputRun> => {
  const source = signalSource(nextRun(), candidate.mix);
  const roots = { ...world.pids, pipeline: child.pid, bench: process.pid };
  const { complete, seen } = sink.expect(wantedOf(source.delivers, count));
  const committedAt = await burst(world.clients.transactional, candidate.input, source, count);
  const before = readCpu(roots);
  const arrivals = await withinDeadline(candidate.name, complete, child, seen);
  const after = readCpu(roots);
  refuseRepeats(candidate.name, arrivals.repeated);
  return {
    kind: 'throughput',
    perSecond: (count * 1_000) / (arrivals.lastAtMs - committedAt),
    signals: count,
    cpu: cpuBetween(before, after),
  };
};

/** Open loop at `rate` a second for `seconds`. */
export const measureLatency = async (
  { world, sink, nextRun }: BenchTools,
  candidate: Candidate,
  child: Child,
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
): Promise<LatencyRun> => {
  const source = signalSource(nextRun(), candidate.mix);
  const count = rate * seconds;
  const roots = { ...world.pids, pipeline: child.pid, bench: process.pid };
  const { complete, seen } = sink.expect(wantedOf(source.delivers, count), Math.floor(count * LEFT_OUT));
  const before = readCpu(roots);
  await openLoop(world.clients.patient, candidate.input, source, { count, perSecond: rate });
  const arrivals = await withinDeadline(candidate.name, complete, child, seen);
  const cpu = cpuBetween(before, readCpu(roots));
  refuseRepeats(candidate.name, arrivals.repeated);
  return {
    kind: 'latency',
    rate,
    p50: percentile(arrivals.latenciesMs, 0.5),
    p95: percentile(arrivals.latenciesMs, 0.95),
    p99: percentile(arrivals.latenciesMs, 0.99),
    cpu,
  };
};
