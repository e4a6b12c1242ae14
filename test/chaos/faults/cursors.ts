import { waitFor } from '../../e2e/support/engine-process.ts';
import { deleteOffsets } from '../offset-delete.ts';
import { mendCursors } from '../operator.ts';
import { PARTITIONS } from '../plan-signal.ts';
import { recovered, settle } from '../recovery.ts';
import type { Mark } from '../fleet.ts';
import type { Site } from '../site.ts';
import type { Fault } from './fault.ts';

const STOPS_WITHIN_MS = 120_000;
/** A minute of retention, and the broker looks every five seconds. */
const EXPIRED_WITHIN_MS = 240_000;
const SHORT_RETENTION = { 'offsets.retention.minutes': '1', 'offsets.retention.check.interval.ms': '5000' };
const ALL_SHARDS = Array.from({ length: PARTITIONS }, (_, shard) => shard);

const stoppedWithout = async (site: Site, mark: Mark, wanted: readonly number[]): Promise<void> => {
  const stopped = new Set<unknown>();
  await waitFor(
    `the shards ${wanted.join()} to stop with OUTBOX_CURSOR_LOST`,
    () => {
      for (const { level, partition, code } of site.fleet.logged('session_ended', mark))
        if (level === 'error' && code === 'OUTBOX_CURSOR_LOST') stopped.add(partition);
      return Promise.resolve(wanted.every((shard) => stopped.has(shard)) ? true : null);
    },
    STOPS_WITHIN_MS,
  );
};

/** Nothing under way, so that no session commits its cursor again behind the fault. */
const whileQuiet = async (site: Site, work: () => Promise<number>): Promise<number> => {
  const { generator, asker, offsets } = site;
  generator.pause();
  asker.pause();
  try {
    await asker.answered();
    await settle(site);
    offsets.excuse();
    return await work();
  } finally {
    offsets.watch();
    generator.resume();
    asker.resume();
  }
};

/** The stopped shards are mended while signals wait for them. */
const mend = async (site: Site, mark: Mark, shards: readonly number[]): Promise<number> => {
  await stoppedWithout(site, mark, shards);
  site.generator.resume();
  await mendCursors(site, shards);
  return await recovered(site, performance.now());
};

const deleted: Fault = {
  name: 'cursor-deleted',
  what: 'the cursors of two shards are deleted and the workers killed: the shards stop, an operator sets the cursors',
  seconds: 60,
  inject: async (site) =>
    await whileQuiet(site, async () => {
      const first = site.random.below(PARTITIONS);
      const shards = [first, (first + 1 + site.random.below(PARTITIONS - 1)) % PARTITIONS];
      const { installation, fleet } = site;
      await deleteOffsets(
        installation.brokers[0]!,
        `${installation.namespace}mmm-decide`,
        installation.topic('mmm.outbox'),
        shards,
      );
      const mark = fleet.mark();
      await fleet.killAll();
      return await mend(site, mark, shards);
    }),
};

const allExpired = async (site: Site): Promise<void> => {
  await waitFor(
    'the broker to forget the cursors',
    async () => {
      const cursors = await site.offsets.cursors().catch(() => null);
      return cursors !== null && [...cursors.values()].every((cursor) => cursor < 0n) ? true : null;
    },
    EXPIRED_WITHIN_MS,
  );
};

const expired: readonly Fault[] = [
  {
    name: 'cursor-expired-idle',
    what: 'the cursors expire while the workers idle (offsets.retention.minutes=1), then the workers are killed',
    seconds: 180,
    onlyByName: true,
    brokerSettings: SHORT_RETENTION,
    inject: async (site) =>
      await whileQuiet(site, async () => {
        await allExpired(site);
        const mark = site.fleet.mark();
        await site.fleet.killAll();
        return await mend(site, mark, ALL_SHARDS);
      }),
  },
  {
    name: 'cursor-expired-stopped',
    what: 'cursors and input offsets expire while no worker runs: all input comes again, nothing goes out twice',
    seconds: 240,
    onlyByName: true,
    brokerSettings: SHORT_RETENTION,
    inject: async (site) =>
      await whileQuiet(site, async () => {
        await site.fleet.stopAll();
        site.offsets.forgetInput();
        await allExpired(site);
        const mark = site.fleet.mark();
        for (let n = 0; n < site.options.workers; n++) site.fleet.add();
        return await mend(site, mark, ALL_SHARDS);
      }),
  },
];

export const CURSOR_FAULTS: readonly Fault[] = [deleted, ...expired];
