import pg from 'pg';
import type { ErrorCode } from '../../errors.ts';
import { causeCode, MmmError } from '../../errors.ts';

/** SQLSTATEs of our own, raised by the functions of migrations/. Class MM is free for applications. */
const OURS: Readonly<Record<string, ErrorCode>> = {
  MM001: 'EPOCH_STALE',
  MM003: 'DATABASE_WENT_BACK',
  MM005: 'FENCED',
  MM006: 'OVERLOADED',
};

/**
 * Classes and states in which the server, not the statement, is at fault: connection, authorisation, resources, shut-down, time-outs,
 * deadlock, read-only standby, missing database. After one of them a commit may or may not have won.
 */
const UNAVAILABLE_CLASSES: ReadonlySet<string> = new Set(['08', '28', '3D', '40', '53', '57', '58']);
const UNAVAILABLE_STATES: ReadonlySet<string> = new Set(['55P03', '25006', '25P03', '25P04']);

const codeOf = (state: string): ErrorCode => {
  const ours = OURS[state];
  if (ours !== undefined) return ours;
  return UNAVAILABLE_CLASSES.has(state.slice(0, 2)) || UNAVAILABLE_STATES.has(state)
    ? 'DATABASE_UNAVAILABLE'
    : 'INTERNAL_ERROR';
};

/** SQLSTATE and constraint of an error of the server; undefined when the error is not the server's. */
export const serverError = (
  error: unknown,
): { readonly state: string; readonly constraint: string | undefined } | undefined => {
  const inner = error instanceof MmmError ? error.cause : error;
  if (!(inner instanceof pg.DatabaseError) || inner.code === undefined) return undefined;
  return { state: inner.code, constraint: inner.constraint };
};

/**
 * Any error of the driver as one of the catalogue, told apart by class and SQLSTATE. The driver gives plain errors without a code for a
 * lost connection and for its own time-outs, so what is neither the server's nor a bug of ours counts as "no answer".
 */
export const asDatabaseError = (error: unknown): Error => {
  if (error instanceof MmmError) return error;
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return error;
  const answer = serverError(error);
  if (answer === undefined)
    return new MmmError('DATABASE_UNAVAILABLE', undefined, { cause: error, details: causeCode(error) });
  return new MmmError(codeOf(answer.state), undefined, { cause: error, details: { sqlstate: answer.state } });
};
