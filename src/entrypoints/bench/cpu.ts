import { readdirSync, readFileSync } from 'node:fs';

/** Linux: 100 per second on every machine of today, and there is no way to ask from here. */
const TICKS_PER_SECOND = 100;

interface ProcessStat {
  readonly parent: number;
  /** With that of its children that have ended: their work was this tree's too. */
  readonly cpuSeconds: number;
}

const statOf = (pid: number): ProcessStat | null => {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // Ended meanwhile: it has no share any more.
    return null;
  }
  // The name stands in brackets and may hold blanks.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  return { parent: Number(fields[1]), cpuSeconds: ticks / TICKS_PER_SECOND };
};

const processIds = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

export interface CpuReading {
  /** By name of the root, its descendants included. */
  readonly ours: Readonly<Record<string, number>>;
  /** Of all processors, since boot. */
  readonly machine: number;
  readonly atMs: number;
}

/** CPU seconds of process trees and of the whole machine. Linux only; null elsewhere. */
export const readCpu = (roots: Readonly<Record<string, number>>): CpuReading | null => {
  let machine: string;
  try {
    machine = readFileSync('/proc/stat', 'utf8');
  } catch {
    return null;
  }
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = (machine.split('\n')[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const stats = new Map<number, ProcessStat>();
  for (const pid of processIds()) {
    const stat = statOf(pid);
    if (stat !== null) stats.set(pid, stat);
  }
  const rootOf = (pid: number): string | undefined => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = stats.get(at)?.parent) {
      const found = Object.entries(roots).find(([, root]) => root === at);
      if (found !== undefined) return found[0];
    }
    return undefined;
  };
  const ours: Record<string, number> = Object.fromEntries(Object.keys(roots).map((name) => [name, 0]));
  for (const [pid, { cpuSeconds }] of stats) {
    const root = rootOf(pid);
    if (root !== undefined) ours[root] = (ours[root] ?? 0) + cpuSeconds;
  }
  return { ours, machine: (user + nice + system + irq + softIrq + steal) / TICKS_PER_SECOND, atMs: performance.now() };
};

export interface CpuUse {
  readonly seconds: Readonly<Record<string, number>>;
  /** Processors that others kept busy, on average: 0.1 = a tenth of one. Null where it can not be known. */
  readonly foreign: number | null;
}

export const cpuBetween = (before: CpuReading | null, after: CpuReading | null): CpuUse => {
  if (before === null || after === null) return { seconds: {}, foreign: null };
  const seconds = Object.fromEntries(
    Object.entries(after.ours).map(([name, used]) => [name, Math.max(0, used - (before.ours[name] ?? 0))]),
  );
  const ours = Object.values(seconds).reduce((sum, one) => sum + one, 0);
  const elapsed = (after.atMs - before.atMs) / 1_000;
  return { seconds, foreign: Math.max(0, (after.machine - before.machine - ours) / elapsed) };
};

/** Resident memory in bytes; null where it can not be known. */
export const residentBytes = (pid: number): number | null => memoryOf(pid, /^VmRSS:\s+(\d+) kB$/m);

/** The most that ever was. */
export const residentPeakBytes = (pid: number): number | null => memoryOf(pid, /^VmHWM:\s+(\d+) kB$/m);

const memoryOf = (pid: number, pattern: RegExp): number | null => {
  try {
    const line = pattern.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line === null ? null : Number(line[1]) * 1_024;
  } catch {
    return null;
  }
};
