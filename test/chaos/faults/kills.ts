import { waitFor } from '../../e2e/support/engine-process.ts';
import { order, type Point, POINT_NAMES, POINTS, takenBy } from '../points.ts';
import { recovered } from '../recovery.ts';
import type { Site } from '../site.ts';
import type { Fault } from './fault.ts';

const REACHED_WITHIN_MS = 120_000;
/** Points that only the start of a session passes. */
const AT_START: ReadonlySet<Point> = new Set<Point>(['after-open-shard', 'after-fence']);

/** A worker comes to the point and gets the signal; answers its process id. */
export const signalAt = async (site: Site, point: Point, signal: NodeJS.Signals): Promise<number> => {
  order(site.orders, point, signal);
  // A new member makes the group spread its partitions anew, and so sessions start.
  const extra = AT_START.has(point) ? site.fleet.add() : null;
  const pid = await waitFor(
    `a worker to come to ${point}`,
    () => Promise.resolve(takenBy(site.orders, point)),
    REACHED_WITHIN_MS,
  );
  if (extra !== null) await retireOneOf(site);
  return pid;
};

const retireOneOf = async (site: Site): Promise<void> => {
  const running = site.fleet.running;
  if (running.length > site.options.workers) await site.fleet.retire(running.at(-1)!);
};

const killAt = (point: Point): Fault => ({
  name: `kill-${point}`,
  what: `kill -9 when ${POINTS[point]}`,
  seconds: 16,
  inject: async (site) => {
    const pid = await signalAt(site, point, 'SIGKILL');
    await site.fleet.byPid(pid)?.exited;
    return await recovered(site, performance.now());
  },
});

const killAll: Fault = {
  name: 'kill-all',
  what: 'kill -9 of every worker at once',
  seconds: 16,
  inject: async (site) => {
    await site.fleet.killAll();
    return await recovered(site, performance.now());
  },
};

export const KILLS: readonly Fault[] = [...POINT_NAMES.map(killAt), killAll];
