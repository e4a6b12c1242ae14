import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../adapters/embedded/embedded-postgres.ts';
import { postgresPlace } from '../../adapters/embedded/postgres-place.ts';
import { openDatabase } from '../../adapters/postgres/database.ts';
import { LocalCodec } from '../../adapters/registry/record-codec.ts';
import { MmmError } from '../../errors.ts';
import { rulesInForce } from '../../replay/rules-in-force.ts';
import { programEnvironment } from '../../runtime/config.ts';
import { SILENT_LOGGER } from '../cli/silent-logger.ts';
import { recordedDeps } from '../composition/recorded.ts';
import { migrate } from '../composition/store.ts';
import { type CpuUse, cpuBetween, readCpu, residentPeakBytes } from './cpu.ts';
import { BENCH_PLAYBOOK } from './definitions.ts';
import { recordSignals } from './record-signals.ts';
import { BENCH_TENANT } from './signals.ts';
import { defineTenant } from './world.ts';

/** Issue 4, part 9: a million recorded signals in under a minute on the embedded default. */
export const BACKTEST_AIM_PER_SECOND = 1_000_000 / 60;

export interface BacktestRun {
  readonly signals: number;
  /** `live`: the file is the live version, the proof that the journal is the engine's own. `changed`: what the command is for. */
  readonly version: 'live' | 'changed';
  /** The whole command, from its start to its end. */
  readonly seconds: number;
  readonly cpu: CpuUse;
  /** The most that the command had resident; null where it can not be known. */
  readonly mostBytes: number | null;
}

export interface BacktestBenchOptions {
  /** So many recorded signals; a fifth of them is measured on the way. */
  readonly signals: number;
  readonly profile: string | null;
  readonly log: (line: string) => void;
}

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const BROKEN_OFF = 130;
/** A million in seven days; fewer in fewer, so that a batch never spans so long that its first signals would be late. */
const MS_PER_SIGNAL = 604.8;
const SMALLER_SHARE = 5;
const LOOK_EVERY_MS = 100;
const TOLD_EVERY = 100_000;

/** It nudges later than the live one, so the two sides part at an actor's first nudge and nearly everything is planned twice: the dearest case. */
const CHANGED = { ...BENCH_PLAYBOOK, when: BENCH_PLAYBOOK.when.replace('>= 1', '>= 10') };

/** A journal of the engine's own making on an embedded database, then the command over it as a user runs it, in a process of its own. */
export const measureBacktest = async (options: BacktestBenchOptions): Promise<readonly BacktestRun[]> => {
  const folder = join(tmpdir(), `mmm-bench-backtest-${process.pid}`);
  const dataDir = join(folder, 'data');
  await mkdir(dataDir, { recursive: true });
  const server = await startEmbeddedPostgres({ dataDir, logger: SILENT_LOGGER });
  const close = async (): Promise<void> => {
    await server.stop();
    const place = await postgresPlace(dataDir);
    await rm(folder, { recursive: true, force: true });
    if (!place.folder.startsWith(folder)) await rm(dirname(place.folder), { recursive: true, force: true });
  };
  const breakOff = (): void => {
    void close().finally(() => process.exit(BROKEN_OFF));
  };
  for (const signal of SIGNALS) process.once(signal, breakOff);
  try {
    await migrate(server.url, SILENT_LOGGER);
    await defineTenant(server.url, new LocalCodec());
    return await measureOn(server, folder, options);
  } finally {
    for (const signal of SIGNALS) process.off(signal, breakOff);
    await close();
  }
};

const measureOn = async (
  server: EmbeddedPostgres,
  folder: string,
  { signals, profile, log }: BacktestBenchOptions,
): Promise<readonly BacktestRun[]> => {
  const files = { live: join(folder, 'live.json'), changed: join(folder, 'changed.json') };
  await writeFile(files.live, JSON.stringify(BENCH_PLAYBOOK));
  await writeFile(files.changed, JSON.stringify(CHANGED));
  const untilMs = Date.now();
  const sinceMs = Math.floor(untilMs - signals * MS_PER_SIGNAL);
  const atMs = (number: number): number => Math.floor(sinceMs + number * MS_PER_SIGNAL);
  const runs: BacktestRun[] = [];
  let recorded = 0;
  for (const upTo of [Math.floor(signals / SMALLER_SHARE), signals]) {
    await fill(server.url, { from: recorded, to: upTo, atMs, log });
    recorded = upTo;
    for (const version of ['live', 'changed'] as const) {
      const args = ['playbooks', 'backtest', files[version], '--tenant', BENCH_TENANT, '--json'];
      const since = ['--since', new Date(sinceMs).toISOString()];
      const command = await runCommand([...args, ...since], join(folder, 'data'), server.pid, profile);
      checkAnswer(command.out, version, upTo);
      const { seconds } = command;
      log(
        `backtest (${version}) of ${upTo} signals: ${seconds.toFixed(1)} s, ${(upTo / seconds).toFixed(0)} signals/s`,
      );
      runs.push({ signals: upTo, version, seconds, cpu: command.cpu, mostBytes: command.mostBytes });
    }
  }
  return runs;
};

interface Filling {
  readonly from: number;
  readonly to: number;
  readonly atMs: (number: number) => number;
  readonly log: (line: string) => void;
}

const fill = async (url: string, { log, ...filling }: Filling): Promise<void> => {
  const open = (role: 'mmm_pipeline' | 'mmm_api' | null) =>
    openDatabase({
      ...{ url, role, maxConnections: 5, applicationName: 'mmm-bench', logger: SILENT_LOGGER },
      ...(role === null ? { noStatementTimeout: true } : {}),
    });
  const [pipeline, api, owner] = [open('mmm_pipeline'), open('mmm_api'), open(null)];
  try {
    const deps = recordedDeps({ api });
    const found = rulesInForce(await deps.history.rules(BENCH_TENANT), Date.now());
    const rules = found === null ? null : deps.compile(found.documents);
    if (rules === null) throw new MmmError('INTERNAL_ERROR', 'the rules of the benchmark do not compile');
    let told = 0;
    const done = (signals: number): void => {
      if (signals - told < TOLD_EVERY) return;
      told = signals;
      log(`recorded ${filling.from + signals} of ${filling.to} signals`);
    };
    await recordSignals({ pipeline }, { ...filling, rules, mix: 'one_in_ten', done });
    // What the server would have done by itself on some quiet minute of those days; now it would do it while we measure.
    await owner.query('VACUUM (ANALYZE)');
    await owner.query('CHECKPOINT');
  } finally {
    await Promise.all([pipeline.close(), api.close(), owner.close()]);
  }
};

interface Command extends Pick<BacktestRun, 'seconds' | 'cpu' | 'mostBytes'> {
  readonly out: string;
}

const runCommand = async (
  args: readonly string[],
  dataDir: string,
  postgres: number,
  profile: string | null,
): Promise<Command> => {
  const nodeArgs = profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const quiet = ['--disable-warning=ExperimentalWarning'];
  // The command's share is this process's: it only waits meanwhile, and what an ended child took is counted to its parent.
  const roots = { command: process.pid, postgres };
  const before = readCpu(roots);
  const started = performance.now();
  const running = promisify(execFile)(process.execPath, [...quiet, ...nodeArgs, MAIN, ...args], {
    env: { ...programEnvironment(), MMM_DATA_DIR: dataDir },
  });
  let mostBytes: number | null = null;
  const look = setInterval(() => {
    mostBytes = residentPeakBytes(running.child.pid ?? 0) ?? mostBytes;
  }, LOOK_EVERY_MS);
  try {
    const { stdout } = await running;
    const seconds = (performance.now() - started) / 1_000;
    return { out: stdout, seconds, cpu: cpuBetween(before, readCpu(roots)), mostBytes };
  } finally {
    clearInterval(look);
  }
};

interface Answer {
  readonly signals: number;
  readonly live_as_recorded: number;
  readonly ends: readonly { readonly live: number; readonly difference: number }[];
}

/** A figure of a command that answers something else than the truth would be no figure. */
const checkAnswer = (out: string, version: BacktestRun['version'], signals: number): void => {
  const answer = JSON.parse(out) as Answer;
  const differs = answer.ends.some(({ difference }) => difference !== 0);
  const decided = answer.ends.reduce((sum, { live }) => sum + live, 0);
  const isTrue =
    answer.signals === signals &&
    answer.live_as_recorded === signals &&
    decided === Math.ceil(signals / 10) &&
    differs === (version === 'changed');
  if (!isTrue)
    throw new MmmError('INTERNAL_ERROR', `the backtest (${version}) did not answer what was recorded: ${out}`);
};
