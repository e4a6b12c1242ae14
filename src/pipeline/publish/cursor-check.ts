import { MmmError } from '../../errors.ts';
import type { ShardStatus } from '../ports/journal.ts';
import type { CommittedPositions } from '../ports/partitions.ts';

/** published_upto of a shard for which no session has ever committed a cursor. */
export const NEVER_PUBLISHED = -1n;

/**
 * Where publishing goes on, after both fences (design 3.2 "When a store goes back"). A missing cursor is the start only for a shard that never
 * had one; anything else stops the shard, because guessing means sending again or skipping. Throws OUTBOX_CURSOR_LOST or DATABASE_WENT_BACK.
 */
export const cursorToStartFrom = (shard: number, status: ShardStatus, committed: CommittedPositions): bigint => {
  const facts = {
    shard,
    cursor: committed.cursor === null ? 'missing' : committed.cursor.toString(),
    published_upto: status.publishedUpto.toString(),
    next_number: status.nextNumber.toString(),
  };
  if (committed.cursor === null) {
    if (status.publishedUpto === NEVER_PUBLISHED) return 0n;
    throw new MmmError('OUTBOX_CURSOR_LOST', undefined, { details: facts });
  }
  if (committed.cursor < status.publishedUpto) throw new MmmError('OUTBOX_CURSOR_LOST', undefined, { details: facts });
  if (committed.cursor >= status.nextNumber) throw new MmmError('DATABASE_WENT_BACK', undefined, { details: facts });
  return committed.cursor;
};
