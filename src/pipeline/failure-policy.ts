import { setTimeout as delay } from 'node:timers/promises';
import { MmmError, isRetriable } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/** Who failed. `append` is the writing of what intake has made. */
export type FailingStage = 'intake' | 'outcomes' | 'append' | 'decide' | 'publish';

/**
 * What becomes of a failure: `retry` the same thing after a pause (the lane waits, nothing overtakes), `dead_letter` this record and go on
 * with the next, or `stop`: give the work back unacknowledged, whoever runs the stage starts it again.
 */
export type FailureVerdict =
  | { readonly kind: 'retry'; readonly afterMs: number }
  | { readonly kind: 'dead_letter'; readonly code: ErrorCode }
  | { readonly kind: 'stop' };

/** A fault that is ours may pass (memory, a race); three tries tell, and a fourth would only hold up the lane. */
export const UNEXPECTED_ATTEMPTS = 3;
const UNEXPECTED_PAUSE_MS = 50;
/** A dependency that is away is asked again for ever: first soon, then every ten seconds, so that its return is noticed and its start not trampled. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

const waitFor = (attempt: number): FailureVerdict => ({
  kind: 'retry',
  afterMs: Math.min(FIRST_WAIT_MS * 2 ** Math.min(attempt - 1, 16), LONGEST_WAIT_MS),
});

const unexpected = (attempt: number): FailureVerdict =>
  attempt < UNEXPECTED_ATTEMPTS
    ? { kind: 'retry', afterMs: UNEXPECTED_PAUSE_MS }
    : { kind: 'dead_letter', code: 'UNEXPECTED_FAILURE' };

/** What the content of one record can cause. Every other code is about the installation: a dead letter would blame the record for it. */
const POISON: ReadonlySet<ErrorCode> = new Set([
  'EMPTY_VALUE',
  'NOT_JSON',
  'INVALID_UTF8',
  'AVRO_MALFORMED',
  'SCHEMA_ID_UNKNOWN',
  'SCHEMA_VIOLATION',
  'RECORD_TOO_LARGE',
  'TOO_DEEP',
  'OUTPUT_TOO_LARGE',
]);

const oneRecord = (error: unknown, attempt: number): FailureVerdict => {
  if (isRetriable(error)) return waitFor(attempt);
  if (!(error instanceof MmmError)) return unexpected(attempt);
  return POISON.has(error.code) ? { kind: 'dead_letter', code: error.code } : { kind: 'stop' };
};

/** What the recording of an outcome answers about one report: the record is to blame, and sending it again changes nothing. */
const REFUSED_OUTCOME: ReadonlySet<ErrorCode> = new Set(['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'CONFLICT']);

const oneOutcome = (error: unknown, attempt: number): FailureVerdict => {
  if (!(error instanceof MmmError)) return oneRecord(error, attempt);
  if (REFUSED_OUTCOME.has(error.code)) return { kind: 'dead_letter', code: error.code };
  // A statement that the database refuses: if it does so each time, this report alone is at fault and must not hold its lane.
  return error.code === 'INTERNAL_ERROR' ? unexpected(attempt) : oneRecord(error, attempt);
};

const stop = (): FailureVerdict => ({ kind: 'stop' });

/** The whole policy, one line a stage (style 17). `attempt` counts from 1. Reads codes and `retriable`, never a message (style 16). */
const POLICY: Readonly<Record<FailingStage, (error: unknown, attempt: number) => FailureVerdict>> = {
  intake: oneRecord,
  outcomes: oneOutcome,
  append: oneRecord,
  // A session that met any error is not to be trusted with its state: it ends and starts again from what is stored (design 3.2 step 7).
  decide: stop,
  publish: stop,
};

export const verdictOn = (stage: FailingStage, error: unknown, attempt: number): FailureVerdict =>
  POLICY[stage](error, attempt);

/** Numbers the tries of one kind of failure: a long wait for a dependency uses up none of the tries that a fault has. */
export const createAttempts = (): ((error: unknown) => number) => {
  const made = { waits: 0, faults: 0 };
  return (error) => (isRetriable(error) ? ++made.waits : ++made.faults);
};

/** Waits `ms`; rejects as soon as the signal aborts, so that stopping never waits for a dependency that is away. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;
export const pause: Pause = async (ms, signal) => {
  await delay(ms, undefined, { signal });
};
