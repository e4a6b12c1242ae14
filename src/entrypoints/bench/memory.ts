import { setTimeout as delay } from 'node:timers/promises';
import { engineCandidate } from './candidates.ts';
import { residentBytes } from './cpu.ts';
import { burst } from './load.ts';
import { signalSource } from './signals.ts';
import { median } from './statistics.ts';
import { inWorld } from './world.ts';

/** What was resident in one worker while it worked on a backlog. */
export interface ResidentRun {
  readonly medianBytes: number;
  readonly mostBytes: number;
}

export interface MemoryUse {
  readonly backlog: number;
  readonly runs: readonly ResidentRun[];
}

export interface MemoryOptions {
  readonly quick: boolean;
  /** Also the backlog of a million, several times each: two runs of one and the same backlog differ. */
  readonly full: boolean;
  readonly log: (line: string) => void;
}

const SMALLER = 100_000;
const LARGER = 1_000_000;
/** Neither comes first more often, and a drift of the machine meets both. */
const TURNS = [SMALLER, LARGER, LARGER, SMALLER, SMALLER, LARGER] as const;

const SAMPLE_EVERY_MS = 250;
/** Long enough to fill every buffer and pass many collections; the larger backlog is not worked off to its end. */
const WATCHED_MS = 30_000;
/** Starting up and filling the buffers is left out. */
const LEFT_OUT_MS = 8_000;

const watch = (backlog: number, log: MemoryOptions['log']): Promise<ResidentRun> =>
  // New servers each time: what an earlier backlog left in their logs and tables would be a difference of its own.
  inWorld(log, async (world) => {
    const engine = engineCandidate(world, 'every');
    await burst(world.clients.transactional, engine.input, signalSource('memory', engine.mix), backlog);
    const child = await engine.start();
    const samples: number[] = [];
    const started = performance.now();
    try {
      while (performance.now() - started < WATCHED_MS) {
        await Promise.race([delay(SAMPLE_EVERY_MS), child.ended]);
        const resident = residentBytes(child.pid);
        if (resident !== null && performance.now() - started > LEFT_OUT_MS) samples.push(resident);
      }
    } finally {
      await child.stop();
    }
    return { medianBytes: median(samples), mostBytes: Math.max(...samples) };
  });

/** Resident memory of a fresh worker that finds a backlog: bounded buffers make it the same whatever is waiting. */
export const measureMemory = async ({ quick, full, log }: MemoryOptions): Promise<readonly MemoryUse[]> => {
  const measured: (ResidentRun & { readonly backlog: number })[] = [];
  for (const turn of full ? TURNS : [SMALLER]) {
    const backlog = quick ? turn / 10 : turn;
    const run = await watch(backlog, log);
    log(`backlog of ${backlog}: ${(run.medianBytes / 1e6).toFixed(0)} MB, most ${(run.mostBytes / 1e6).toFixed(0)} MB`);
    measured.push({ backlog, ...run });
  }
  return [...Map.groupBy(measured, ({ backlog }) => backlog)].map(([backlog, runs]) => ({ backlog, runs }));
};
