import type { ErrorCode } from '../../errors.ts';

/** published_upto of a shard for which no session has ever committed a cursor. */
const NEVER_PUBLISHED = -1n;

/** A shard as PostgreSQL has it. */
export interface ShardRow {
  readonly shard: number;
  readonly epoch: bigint;
  readonly nextNumber: bigint;
  readonly publishedUpto: bigint;
  /** Timeline of the last comparison of cursor and counter differs from PostgreSQL's own. */
  readonly timelineMoved: boolean;
}

/** `cursor` null: the log holds none for this shard. */
export interface ShardReport extends ShardRow {
  readonly cursor: bigint | null;
  readonly unpublished: bigint;
  /** Null: nothing is wrong. Else the code a session of this shard stops with. */
  readonly fault: Extract<ErrorCode, 'OUTBOX_CURSOR_LOST' | 'DATABASE_WENT_BACK'> | null;
}

/**
 * Where a shard stands, by the same comparison that a session makes at its start (pipeline/publish/cursor-check.ts; a test holds the two
 * together). `before` and `after` are the row read before and after the cursor: a running shard moves in between, and must not look broken.
 */
export const judgeShard = (before: ShardRow, cursor: bigint | null, after: ShardRow): ShardReport => {
  const lost = cursor === null ? before.publishedUpto !== NEVER_PUBLISHED : cursor < before.publishedUpto;
  const wentBack = cursor !== null && cursor >= after.nextNumber;
  const published = cursor !== null && cursor > after.publishedUpto ? cursor : after.publishedUpto;
  return {
    ...after,
    cursor,
    unpublished: waitingAbove(published, after),
    fault: wentBack ? 'DATABASE_WENT_BACK' : lost ? 'OUTBOX_CURSOR_LOST' : null,
  };
};

const waitingAbove = (published: bigint, { nextNumber }: ShardRow): bigint => {
  const waiting = nextNumber - 1n - (published < 0n ? 0n : published);
  return waiting < 0n ? 0n : waiting;
};

/** Outbox rows of these shards that wait to be published, as PostgreSQL knows it: published_upto is a lower bound, so it is never too few. */
export const unpublishedRows = (rows: readonly ShardRow[]): bigint =>
  rows.reduce((sum, row) => sum + waitingAbove(row.publishedUpto, row), 0n);

/** `shard:number` of header mmm-outbox; null if it is not one. */
export const parseOutboxHeader = (text: string): { readonly shard: number; readonly number: bigint } | null => {
  const match = /^(\d{1,9}):(\d{1,19})$/.exec(text);
  return match === null ? null : { shard: Number(match[1]), number: BigInt(match[2]!) };
};
