import { identityOf } from '../../admin/dead-letters/letter.ts';
import type { OperatorAudit, ReplayedLetters } from '../../admin/ports/dead-letter-marks.ts';
import { parsePlace } from '../../pipeline/replay-marks.ts';
import type { Database, Queryable } from './database.ts';
import { INSTALLATION } from './operations.ts';
import { audit } from './schema.ts';
import { asTenant } from './tenant-transaction.ts';

/** The topic keeps letters for 30 days; then nobody can ask about them. */
const KEPT = '31 days';

interface Row {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly record_time: string;
}

/** As role mmm_pipeline: letters belong to no tenant. */
export const postgresReplayedLetters = (pipeline: Queryable): ReplayedLetters => ({
  identities: async () => {
    const rows = await pipeline.query<Row>(
      `SELECT DISTINCT topic, "partition", "offset", record_time FROM mmm_dlq_replays`,
    );
    return new Set(
      rows.flatMap(({ topic, partition, offset, record_time: sourceTime }) => {
        const source = parsePlace(`${topic}:${partition}:${offset}`);
        return source === null ? [] : [identityOf({ source, sourceTime })];
      }),
    );
  },
  mark: async (replayId, letters) => {
    await pipeline.query(
      `INSERT INTO mmm_dlq_replays (topic, "partition", "offset", record_time, replay_id)
       SELECT topic, part, at, time, $5 FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::text[]) AS u(topic, part, at, time)
       ON CONFLICT DO NOTHING`,
      [
        letters.map(({ source }) => source.topic),
        letters.map(({ source }) => source.partition),
        letters.map(({ source }) => source.offset.toString()),
        letters.map(({ sourceTime }) => sourceTime),
        replayId,
      ],
    );
    await pipeline.query(`DELETE FROM mmm_dlq_replays WHERE replayed_at < now() - $1::interval`, [KEPT]);
  },
});

/** As role mmm_api. */
export const operatorAudit = (api: Database): OperatorAudit => ({
  write: async ({ who, what, subject, details }) => {
    await asTenant(api, INSTALLATION, async (tx) => {
      await tx.insert(audit).values({ tenantId: INSTALLATION, who, what, subject, details });
    });
  },
});
