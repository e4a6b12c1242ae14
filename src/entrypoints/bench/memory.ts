import { setTimeout as delay } from 'node:timers/promises';
import type { Candidate } from './candidates.ts';
import { residentBytes } from './cpu.ts';
import { burst } from './load.ts';
import type { BenchTools } from './measure.ts';
import { signalSource } from './signals.ts';
import { median } from './statistics.ts';

export interface MemoryUse {
  readonly backlog: number;
  /** Median and greatest of what was resident while the backlog was worked on. */
  readonly medianBytes: number;
  readonly mostBytes: number;
}

const SAMPLE_EVERY_MS = 250;
/** Long enough to fill every buffer and pass many collections; the larger backlog is not worked off to its end. */
const WATCHED_MS = 30_000;
/** Starting up and filling the buffers is left out. */
const LEFT_OUT_MS = 8_000;

/** Resident memory of a fresh worker that finds a backlog: bounded buffers make it the same whatever is waiting. */
export const measureMemory = async (
  { world, nextRun }: BenchTools,
  candidate: Candidate,
  backlog: number,
): Promise<MemoryUse> => {
  await burst(world.clients.transactional, candidate.input, signalSource(nextRun(), candidate.mix), backlog);
  const child = await candidate.start();
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
  return { backlog, medianBytes: median(samples), mostBytes: Math.max(...samples) };
};
