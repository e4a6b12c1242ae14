import { partitionOf } from '../../src/domain/partitioner.ts';
import { waitFor } from '../e2e/support/engine-process.ts';
import { PARTITIONS, type Planned, shardOf } from './plan-signal.ts';
import type { Site } from './site.ts';

const TENANT = 'acme';
/** I9. It only tells slow from never: on a loaded machine everything takes ten times as long. */
const RECOVERED_WITHIN_MS = 180_000;

/** Actors that between them are in every partition of the raw topic and in every shard: only when all of them were decided is everything back. */
const PROBES: readonly string[] = (() => {
  const wanted = new Set(Array.from({ length: PARTITIONS }, (_, at) => [`raw ${at}`, `shard ${at}`]).flat());
  const chosen: string[] = [];
  for (let n = 0; wanted.size > 0; n++) {
    const actor = `probe${n}`;
    const raw = wanted.delete(`raw ${partitionOf(`${TENANT}:${actor}`, PARTITIONS)}`);
    const shard = wanted.delete(`shard ${shardOf(TENANT, actor)}`);
    if (raw || shard) chosen.push(actor);
  }
  return chosen;
})();

/** One signal to each probe; they are signals like all others, and checked like them. */
export const probe = (site: Site): readonly Planned[] => {
  const planned = PROBES.map((actor) => site.plan.signal('match', Date.now(), actor));
  site.generator.put(planned);
  return planned;
};

/** Milliseconds from `sinceMs` (of `performance.now`) until a signal sent now to every partition has come out to a consumer. */
export const recovered = async (site: Site, sinceMs: number): Promise<number> => {
  await published(site, probe(site));
  return performance.now() - sinceMs;
};

export const published = async (site: Site, planned: readonly Planned[]): Promise<void> => {
  const ids = planned.flatMap(({ good }) => good?.signalId ?? []);
  await waitFor(
    'the signals to every partition to come out',
    async () => ((await isPublished(site, ids)) ? true : null),
    RECOVERED_WITHIN_MS,
  );
};

const isPublished = async (site: Site, ids: readonly string[]): Promise<boolean> => {
  if (site.readsLive) return ids.every((id) => site.live.hasSeen(id));
  // Without a client that reads along: what the journal says is published.
  const { rows } = await site.installation.database
    .query<{ out: string }>(
      `SELECT count(*) AS out FROM mmm_journal WHERE signal_id = ANY($1)
          AND NOT EXISTS (SELECT FROM mmm_shards WHERE next_number - 1 > greatest(published_upto, 0))`,
      [ids],
    )
    .catch(() => ({ rows: [] }));
  return Number(rows[0]?.out ?? 0) === ids.length;
};

/** Everything that was sent is decided and out: no lag of a group, no row that waits. */
export const settle = async (site: Site): Promise<void> => {
  await site.generator.drained();
  let seen = '';
  await waitFor(
    'everything to be out',
    async () => {
      const lag = await site.offsets.lag();
      const waiting = await rowsWaiting(site);
      seen = `lag ${String(lag)}, rows waiting ${String(waiting)}`;
      return lag === 0n && waiting === 0 ? true : null;
    },
    RECOVERED_WITHIN_MS,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; ${seen}`);
  });
};

const rowsWaiting = async (site: Site): Promise<number | null> =>
  await site.installation.database
    .query<{ waiting: string }>(
      'SELECT coalesce(sum(next_number - 1 - greatest(published_upto, 0)), 0) AS waiting FROM mmm_shards',
    )
    .then(({ rows }) => Number(rows[0]!.waiting))
    .catch(() => null);
