import { MmmError } from '../../errors.ts';
import type { DecisionCursor } from '../ports/decision-reader.ts';

/** Opaque to the caller. It holds a place and no permission: the filter of the next call is checked anew. */
export const encodeCursor = (cursor: DecisionCursor): string =>
  Buffer.from(JSON.stringify([cursor.decidedAtMs, cursor.decisionId])).toString('base64url');

/** Throws VALIDATION_ERROR for anything `encodeCursor` did not make. */
export const decodeCursor = (text: string): DecisionCursor => {
  const parts = parsed(text);
  if (Array.isArray(parts) && parts.length === 2) {
    const [decidedAtMs, decisionId] = parts as readonly unknown[];
    if (
      typeof decidedAtMs === 'number' &&
      Number.isSafeInteger(decidedAtMs) &&
      decidedAtMs >= 0 &&
      decidedAtMs <= LAST_MS &&
      typeof decisionId === 'string' &&
      PLAIN_ID.test(decisionId)
    ) {
      return { decidedAtMs, decisionId };
    }
  }
  throw new MmmError('VALIDATION_ERROR', 'cursor: is not one that this route gave', { details: { field: 'cursor' } });
};

/** The last time that has four digits of a year; a later one would be a fault in the database. */
const LAST_MS = 253_402_300_799_999;

/** PostgreSQL refuses text with a NUL: that would be our 500 for their bad input (D-88). */
const PLAIN_ID = /^[\x21-\x7e]{1,255}$/;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
};
