import { setTimeout as delay } from 'node:timers/promises';
import { type BacktestRun, measureBacktest } from './backtest.ts';
import { bareCandidate, type Candidate, type CandidateName, createBareTopics, engineCandidate } from './candidates.ts';
import {
  type BenchTools,
  DISTURBED_FROM,
  type LatencyRun,
  measureLatency,
  measureThroughput,
  type ThroughputRun,
} from './measure.ts';
import { cpuBetween, readCpu } from './cpu.ts';
import { measureMemory, type MemoryUse } from './memory.ts';
import { measurePlanCost, type PlanCost } from './plan-cost.ts';
import { measurePlanSpeed, type PlanSpeed } from './plan-speed.ts';
import { sampleOutputs } from './samples.ts';
import { openSink } from './sink.ts';
import { inWorld } from './world.ts';

export type Part = 'a' | 'b' | 'c' | 'd' | 'e' | 'f';
export const PARTS: readonly Part[] = ['a', 'b', 'c', 'd', 'e', 'f'];

export interface BenchOptions {
  readonly parts: ReadonlySet<Part>;
  /** Signals of one throughput run. */
  readonly records: number;
  /** Signals that are recorded for the backtest. */
  readonly recorded: number;
  readonly quick: boolean;
  /** Also the backlog of a million. */
  readonly full: boolean;
  /** Folder for CPU profiles of the engine; its numbers are then not to be compared. */
  readonly profile: string | null;
  readonly log: (line: string) => void;
}

export interface Measured {
  readonly name: CandidateName;
  readonly throughput: ThroughputRun[];
  readonly latency: LatencyRun[];
}

export interface BenchResult {
  readonly outputBytes: readonly number[];
  readonly streams: readonly Measured[];
  readonly plan: readonly PlanCost[];
  /** Null: not measured. */
  readonly speed: PlanSpeed | null;
  readonly memory: readonly MemoryUse[];
  readonly backtest: readonly BacktestRun[];
}

export const RATES = [200, 1_000] as const;
const ROUNDS = 3;
/** So many disturbed runs of one benchmark are repeated; further ones stand as they are, and the table says so. */
const REPEATS = 8;
const WARM_UP_SHARE = 0.5;
const LATENCY_SECONDS = 10;
/**
 * Of each kind of pipeline at the lower rate, before anything is measured. A broker that has just started compiles itself for one and a half minutes of
 * many small requests, on the processors of what is measured: p50 of the engine at 200/s came from 507 ms down to 180 meanwhile. Those in use are warm.
 */
const BROKER_WARM_UP_SECONDS = 60;
/** Others' work often ends within this: waiting for it costs less than a run that has to be repeated. */
const QUIET_WAIT_MS = 20_000;
const QUIET_LOOK_MS = 1_000;

/** Resolves when the processors are nearly idle, or after QUIET_WAIT_MS. Called while no pipeline has anything to do. */
const untilQuiet = async (): Promise<void> => {
  for (const until = performance.now() + QUIET_WAIT_MS; performance.now() < until;) {
    const before = readCpu({});
    await delay(QUIET_LOOK_MS);
    const { foreign } = cpuBetween(before, readCpu({}));
    // Twice the share: the idle servers and our own waiting are in it.
    if (foreign === null || foreign < 2 * DISTURBED_FROM) return;
  }
};

interface Repeats {
  left: number;
}

const undisturbed = async <T extends { readonly cpu: { readonly foreign: number | null } }>(
  repeats: Repeats,
  log: BenchOptions['log'],
  what: string,
  measure: () => Promise<T>,
): Promise<T> => {
  for (;;) {
    const run = await measure();
    const { foreign } = run.cpu;
    if (foreign === null || foreign < DISTURBED_FROM || repeats.left === 0) return run;
    repeats.left -= 1;
    await untilQuiet();
    log(`${what}: disturbed (${foreign.toFixed(2)} processors in other hands), again`);
  }
};

const measureOnce = async (
  options: BenchOptions,
  tools: BenchTools,
  candidate: Candidate,
  into: Measured,
  repeats: Repeats,
): Promise<void> => {
  const { name } = candidate;
  const { log } = options;
  const child = await candidate.start();
  try {
    await measureThroughput(tools, candidate, child, Math.ceil(options.records * WARM_UP_SHARE));
    const run = await undisturbed(repeats, log, name, () =>
      measureThroughput(tools, candidate, child, options.records),
    );
    log(`${name}: ${run.perSecond.toFixed(0)} signals/s`);
    into.throughput.push(run);
    for (const rate of name === 'bare second hop' ? [] : RATES) {
      const seconds = options.quick ? 4 : LATENCY_SECONDS;
      // A backlog warms other code than single signals do.
      await measureLatency(tools, candidate, child, { rate, seconds });
      const latency = await undisturbed(repeats, log, name, () =>
        measureLatency(tools, candidate, child, { rate, seconds }),
      );
      options.log(
        `${name}, ${rate}/s: p50 ${latency.p50.toFixed(0)} p95 ${latency.p95.toFixed(0)} p99 ${latency.p99.toFixed(0)} ms`,
      );
      into.latency.push(latency);
    }
  } finally {
    await child.stop();
  }
};

const warmBroker = async (
  { log }: BenchOptions,
  tools: BenchTools,
  candidates: readonly Candidate[],
): Promise<void> => {
  for (const candidate of candidates.filter(({ name }) => name === 'bare' || name === 'engine')) {
    log(`warming the broker with: ${candidate.name}`);
    const child = await candidate.start();
    try {
      await measureLatency(tools, candidate, child, { rate: RATES[0], seconds: BROKER_WARM_UP_SECONDS });
    } finally {
      await child.stop();
    }
  }
};

const measureStreams = (options: BenchOptions): Promise<Pick<BenchResult, 'streams' | 'outputBytes'>> =>
  inWorld(options.log, async (world) => {
    const { parts } = options;
    await createBareTopics(world);
    const outputs = [world.names.topic('mmm.delivery.ide'), 'bare.delivery'];
    const sink = await openSink(world.clients.patient, outputs, 'bench-sink');
    let runs = 0;
    const tools: BenchTools = { world, sink, nextRun: () => `run${runs++}` };
    const nodeArgs = options.profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`];

    // The engine first, a little: what it writes is what the bare pipeline then writes.
    const engine = engineCandidate(world, 'every', nodeArgs);
    const child = await engine.start();
    await measureThroughput(tools, engine, child, 2_000);
    await child.stop();
    const samples = await sampleOutputs(world);

    const candidates: Candidate[] = [];
    if (parts.has('a')) candidates.push(bareCandidate(world, 'both', samples), bareCandidate(world, 'second', samples));
    if (parts.has('b')) candidates.push(engine);
    if (parts.has('c')) candidates.push(engineCandidate(world, 'one_in_ten', nodeArgs));
    const measured = candidates.map((candidate) => ({
      candidate,
      into: { name: candidate.name, throughput: [], latency: [] },
    }));
    if (!options.quick) await warmBroker(options, tools, candidates);
    const repeats: Repeats = { left: options.quick ? 0 : REPEATS };
    for (let round = 0; round < (options.quick ? 1 : ROUNDS); round++) {
      for (const { candidate, into } of measured) await measureOnce(options, tools, candidate, into, repeats);
    }
    await sink.close();
    return { streams: measured.map(({ into }) => into), outputBytes: samples.map(({ bytes }) => bytes) };
  });

/** Starts servers of its own, measures what is asked for, and takes everything away again. */
export const runBench = async (options: BenchOptions): Promise<BenchResult> => {
  const plan = options.parts.has('d') ? await measurePlanCost(options.quick) : [];
  const speed = options.parts.has('d') ? await measurePlanSpeed(options.quick) : null;
  const hasStreams = (['a', 'b', 'c'] as const).some((part) => options.parts.has(part));
  const streams = hasStreams ? await measureStreams(options) : { streams: [], outputBytes: [] };
  const { recorded: signals, profile, log, quick, full } = options;
  const memory = options.parts.has('e') ? await measureMemory({ quick, full, log }) : [];
  const backtest = options.parts.has('f') ? await measureBacktest({ signals, profile, log }) : [];
  return { ...streams, plan, speed, memory, backtest };
};
