import { setTimeout as delay } from 'node:timers/promises';
import { type Point, POINTS } from '../points.ts';
import { recovered } from '../recovery.ts';
import type { Site } from '../site.ts';
import type { Fault } from './fault.ts';
import { signalAt } from './kills.ts';

/** Past the session timeout of the group (10 s): by then another worker owns what this one thinks it owns. */
const PAUSE_MS = 13_000;

/** Another worker has taken over; then the stopped one goes on where it stood, and what it does must come to nothing. */
const goOnLater = async (site: Site, pid: number): Promise<number> => {
  const stoppedAt = performance.now();
  try {
    const takenOverMs = await recovered(site, stoppedAt);
    await delay(Math.max(0, stoppedAt + PAUSE_MS - performance.now()));
    return takenOverMs;
  } finally {
    process.kill(pid, 'SIGCONT');
    await recovered(site, stoppedAt);
  }
};

const zombie: Fault = {
  name: 'zombie',
  what: 'SIGSTOP of a worker past the session timeout, then SIGCONT',
  seconds: 20,
  inject: async (site) => {
    const { pid } = site.random.pick(site.fleet.running).child;
    process.kill(pid!, 'SIGSTOP');
    return await goOnLater(site, pid!);
  },
};

const pausedAt = (point: Point): Fault => ({
  name: `zombie-${point}`,
  what: `the same, stopped when ${POINTS[point]}`,
  seconds: 20,
  inject: async (site) => await goOnLater(site, await signalAt(site, point, 'SIGSTOP')),
});

/** The stages between which another owner's work may fall: a state read and not yet used, a commit under way, a transaction half done. */
const PAUSED_AT: readonly Point[] = ['after-read', 'before-commit', 'after-commit', 'after-offsets', 'before-append'];

export const PAUSES: readonly Fault[] = [zombie, ...PAUSED_AT.map(pausedAt)];
