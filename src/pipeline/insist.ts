import { type ErrorCode, MmmError } from '../errors.ts';
import { createAttempts, type FailingStage, type Pause, pause as realPause, verdictOn } from './failure-policy.ts';
import type { RawRecord } from './ports/intake.ts';
import type { Logger } from './ports/logger.ts';

export interface Effort<T> {
  /** Whose failure it is for the policy. */
  readonly stage: FailingStage;
  /** The record it is about, for the log; null: several. */
  readonly raw: RawRecord | null;
  readonly work: () => T | Promise<T>;
  /** The policy blames the record: what becomes of it. */
  readonly giveUp: (code: ErrorCode, attempt: number, error: unknown) => T | Promise<T>;
}

export interface Insist {
  /** Until `work` has given its answer, or the policy has found the record to blame. Throws the last error when the batch has to go back. */
  readonly insist: <T>(effort: Effort<T>) => Promise<T>;
  /** The same for what was tried once without waiting, and failed with `first`. */
  readonly afterFailure: <T>(first: unknown, effort: Effort<T>) => Promise<T>;
}

export interface InsistDeps {
  /** Name of the log's event. */
  readonly event: (stage: FailingStage) => string;
  readonly logger: Logger;
  /** A wait ends when it aborts: the batch then goes back. */
  readonly stopping: AbortSignal;
  /** Told of a wait for a dependency; answers what is to be called after it. Default: nobody is. */
  readonly blocked?: (code: ErrorCode) => () => void;
  /** Default: a timer. */
  readonly pause?: Pause | undefined;
}

/** What a log may say of a failure: names and codes only, because the text of an unknown error may quote the record. */
export const failureFields = (
  stage: FailingStage,
  error: unknown,
  attempt: number,
  raw: RawRecord | null,
): Record<string, unknown> => ({
  stage,
  attempt,
  code: error instanceof MmmError ? error.code : error instanceof Error ? error.name : typeof error,
  ...(raw === null ? {} : { channel: raw.channel, lane: raw.lane, position: String(raw.position) }),
});

/** Tries again as the failure policy says; the one place that does, for every stage that reads records at least once. */
export const createInsist = ({ event, logger, stopping, blocked, pause = realPause }: InsistDeps): Insist => {
  const waitOut = async (error: unknown, afterMs: number): Promise<void> => {
    const release = error instanceof MmmError ? blocked?.(error.code) : undefined;
    try {
      await pause(afterMs, stopping);
    } catch {
      throw error;
    } finally {
      release?.();
    }
  };

  const afterFailure = async <T>(first: unknown, { stage, raw, work, giveUp }: Effort<T>): Promise<T> => {
    const attempts = createAttempts();
    let error = first;
    for (;;) {
      const attempt = attempts(error);
      const verdict = verdictOn(stage, error, attempt);
      if (verdict.kind === 'stop') throw error;
      if (verdict.kind === 'dead_letter') return await giveUp(verdict.code, attempt, error);
      logger.warn(event(stage), failureFields(stage, error, attempt, raw));
      await waitOut(error, verdict.afterMs);
      try {
        return await work();
      } catch (again) {
        error = again;
      }
    }
  };

  const insist = async <T>(effort: Effort<T>): Promise<T> => {
    try {
      return await effort.work();
    } catch (error) {
      return await afterFailure(error, effort);
    }
  };

  return { insist, afterFailure };
};
