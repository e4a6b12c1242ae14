import { headersFromText } from '../../pipeline/ports/header-text.ts';
import type { LogRecord } from '../../pipeline/ports/records.ts';
import type { SqlDatabase } from './sql-database.ts';
import { logSql } from './sql-file.ts';

/** One read holds at most this much, however large the records are. */
const READ_MAX_BYTES = 4_000_000;

interface Row {
  readonly offset: string;
  readonly ts_ms: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: string;
}

/** Records of one partition from an offset on, in order, at most `limit` and at most 4 MB (but at least one). */
export const readRecords = async (
  database: SqlDatabase,
  topic: string,
  partition: number,
  from: bigint,
  limit: number,
): Promise<readonly LogRecord[]> => {
  const rows = await database.query<Row>(logSql('read-records'), [
    topic,
    partition,
    from.toString(),
    limit,
    READ_MAX_BYTES,
  ]);
  return rows.map((row) => ({
    offset: BigInt(row.offset),
    key: row.key,
    value: row.value,
    headers: headersFromText(row.headers),
    timestampMs: Number(row.ts_ms),
  }));
};
