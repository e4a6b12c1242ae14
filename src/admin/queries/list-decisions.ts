import { MmmError } from '../../errors.ts';
import { type Caller, mayReadOthers } from '../ports/caller.ts';
import type { DecisionReader } from '../ports/decision-reader.ts';
import { decodeCursor, encodeCursor } from './page-cursor.ts';

export interface ListDecisions {
  /** Absent: one's own; with a role that reads others, the whole tenant's. */
  readonly actorId: string | null;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly cursor: string | null;
  readonly limit: number;
}

export interface DecisionPage {
  /** MmmDecision as JSON texts, newest first. */
  readonly bodies: readonly string[];
  /** Null: there is nothing more. */
  readonly nextCursor: string | null;
}

/** Decisions of the caller's tenant. Another person's list is FORBIDDEN, not empty: an empty answer would be a false one (G7). */
export const listDecisions = async (
  reader: DecisionReader,
  caller: Caller,
  asked: ListDecisions,
): Promise<DecisionPage> => {
  const all = mayReadOthers(caller);
  if (!all && asked.actorId !== null && asked.actorId !== caller.subject) {
    throw new MmmError('FORBIDDEN', 'actor_id: only your own decisions, without role tenant_admin or mmm_admin');
  }
  if (asked.fromMs !== null && asked.toMs !== null && asked.fromMs >= asked.toMs) {
    throw new MmmError('VALIDATION_ERROR', 'from: must be before to', { details: { field: 'from' } });
  }
  const found = await reader.decisions(caller.tenantId, {
    actorId: asked.actorId ?? (all ? null : caller.subject),
    fromMs: asked.fromMs,
    toMs: asked.toMs,
    after: asked.cursor === null ? null : decodeCursor(asked.cursor),
    // One more than asked for tells whether there is a next page.
    limit: asked.limit + 1,
  });
  const page = found.slice(0, asked.limit);
  const last = page.at(-1);
  return {
    bodies: page.map((decision) => decision.body),
    nextCursor: found.length > asked.limit && last !== undefined ? encodeCursor(last) : null,
  };
};
