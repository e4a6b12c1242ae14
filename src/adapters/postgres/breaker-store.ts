import type { BreakerRow, BreakerStore } from '../../pipeline/ports/breaker-store.ts';
import type { Queryable } from './database.ts';

interface Row {
  readonly topic: string;
  readonly partition: number;
  readonly opened_ms: string | null;
  readonly offset: string | null;
  readonly evidence: Readonly<Record<string, unknown>> | null;
  readonly tries: number;
  readonly released_ms: string | null;
}

/** A row with what an operator is told and the engine does not need. */
export interface ShownBreaker extends BreakerRow {
  readonly position: bigint | null;
  readonly evidence: Readonly<Record<string, unknown>> | null;
}

/** As role mmm_pipeline. */
export const shownBreakers = async (pipeline: Queryable): Promise<readonly ShownBreaker[]> => {
  const rows = await pipeline.query<Row>(
    `SELECT topic, "partition", (extract(epoch FROM opened_at) * 1000)::bigint AS opened_ms, "offset", evidence, tries,
            (extract(epoch FROM released_until) * 1000)::bigint AS released_ms
       FROM mmm_breakers ORDER BY topic, "partition"`,
  );
  return rows.map((row) => ({
    channel: row.topic,
    lane: row.partition,
    openedAtMs: row.opened_ms === null ? null : Number(row.opened_ms),
    position: row.offset === null ? null : BigInt(row.offset),
    evidence: row.evidence,
    tries: row.tries,
    releasedUntilMs: row.released_ms === null ? null : Number(row.released_ms),
  }));
};

/** As role mmm_pipeline: lanes belong to no tenant. */
export const postgresBreakerStore = (pipeline: Queryable): BreakerStore => ({
  rows: () => shownBreakers(pipeline),
  open: async ({ channel, lane, atMs, position, evidence }) => {
    await pipeline.query(
      `INSERT INTO mmm_breakers (topic, "partition", opened_at, "offset", evidence)
       VALUES ($1, $2, to_timestamp($3::float8 / 1000), $4, $5)
       ON CONFLICT (topic, "partition") DO UPDATE
         SET opened_at = coalesce(mmm_breakers.opened_at, excluded.opened_at), "offset" = excluded."offset", evidence = excluded.evidence`,
      [channel, lane, atMs, position.toString(), JSON.stringify(evidence)],
    );
  },
  close: async (channel, lane) => {
    await pipeline.query(
      `UPDATE mmm_breakers SET opened_at = NULL, "offset" = NULL, evidence = NULL WHERE topic = $1 AND "partition" = $2`,
      [channel, lane],
    );
  },
});

/** What an operator wants of a lane: `tryNow`, or everything let through until then. As role mmm_pipeline. */
export const commandBreaker = async (
  pipeline: Queryable,
  { channel, lane }: { readonly channel: string; readonly lane: number },
  wish: { readonly tryNow: true } | { readonly releasedUntilMs: number },
): Promise<void> => {
  const until = 'tryNow' in wish ? null : wish.releasedUntilMs;
  await pipeline.query(
    `INSERT INTO mmm_breakers (topic, "partition", tries, released_until)
     VALUES ($1, $2, CASE WHEN $3::float8 IS NULL THEN 1 ELSE 0 END, to_timestamp($3::float8 / 1000))
     ON CONFLICT (topic, "partition") DO UPDATE
       SET tries = mmm_breakers.tries + excluded.tries, released_until = coalesce(excluded.released_until, mmm_breakers.released_until)`,
    [channel, lane, until],
  );
};
