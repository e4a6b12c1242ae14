import type { ErrorCode } from '../../errors.ts';
import type { DeadLetterBreaker, Lesson } from '../breaker.ts';
import type { Pause } from '../failure-policy.ts';
import { createInsist, failureFields } from '../insist.ts';
import type { IntakeSource, RawRecord, RecordWriter, SourceHealth } from '../ports/intake.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { OutputRecord } from '../ports/records.ts';
import { countSettled, createBlockedGauge } from './intake-metrics.ts';
import { createSettler } from './settle-record.ts';
import type { Settled, SettlerDependencies } from './settle-record.ts';

export interface IntakeDependencies extends SettlerDependencies {
  readonly source: IntakeSource;
  readonly writer: RecordWriter;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Default: none, whatever is refused becomes a letter. */
  readonly breaker?: DeadLetterBreaker;
  /** Default: a timer that ends early when intake stops. */
  readonly pause?: Pause;
}

export interface Intake {
  start(): Promise<void>;
  /** Ends waits for dependencies (their batches go back unacknowledged), lets working batches finish, leaves. */
  stop(): Promise<void>;
  health(): SourceHealth;
}

/** Why records could not be written, after the last try. */
interface Unwritable {
  readonly code: ErrorCode;
  readonly attempt: number;
  readonly error: unknown;
}

const isPromise = <T>(value: T | Promise<T>): value is Promise<T> => value instanceof Promise;
const lessonOf = (settled: Settled): Lesson =>
  settled.kind === 'normalised' ? 'taken' : settled.kind === 'rejected' ? settled.code : null;
const isOutput = (output: OutputRecord | null): output is OutputRecord => output !== null;

/**
 * Raw records in, `mmm.signals` and `mmm.dlq` out (design 3.1, C-30): a batch of a lane is settled record by record, written in one append in
 * the order it came, and acknowledged by resolving. At least once: a second delivery makes the same signal ids.
 * A dependency that is away holds the lane; a bad record never does (R-8, D-76, D-77).
 */
export const createIntake = (dependencies: IntakeDependencies): Intake => {
  const { source, writer, metrics, logger, clock, breaker, pause } = dependencies;
  const settler = createSettler(dependencies);
  const stopping = new AbortController();
  const blocked = createBlockedGauge(metrics);

  const { insist, afterFailure } = createInsist({
    event: (stage) => (stage === 'append' ? 'intake.append_retried' : 'intake.record_retried'),
    stopping: stopping.signal,
    ...{ logger, blocked, pause },
  });

  const settleAgain = (raw: RawRecord, first: unknown): Promise<Settled> =>
    afterFailure<Settled>(first, {
      ...{ stage: 'intake', raw, work: () => settler.settle(raw) },
      giveUp: (code, attempt, error) => settler.deadLetter(raw, code, attempt, error),
    });

  const settle = (raw: RawRecord): Settled | Promise<Settled> => {
    try {
      const settled = settler.settle(raw);
      return isPromise(settled) ? settled.catch((error: unknown) => settleAgain(raw, error)) : settled;
    } catch (error) {
      return settleAgain(raw, error);
    }
  };

  /** Null if written, else why one of the records can never be. */
  const appendAll = (records: readonly OutputRecord[]): Promise<Unwritable | null> =>
    insist<Unwritable | null>({
      ...{ stage: 'append', raw: null },
      work: async () => {
        if (records.length > 0) await writer.append(records);
        return null;
      },
      giveUp: (code, attempt, error) => ({ code, attempt, error }),
    });

  /** One record alone. What can not be written as a signal becomes a dead letter; if that can not be written either, the batch goes back. */
  const appendAlone = async (raw: RawRecord, settled: Settled): Promise<Settled> => {
    if (settled.output === null) return settled;
    const fault = await appendAll([settled.output]);
    if (fault === null) return settled;
    logger.warn('intake.record_not_written', failureFields('append', fault.error, fault.attempt, raw));
    const letter = await settler.deadLetter(raw, fault.code, fault.attempt, fault.error);
    if (letter.output !== null && (await appendAll([letter.output])) !== null) throw fault.error;
    return letter;
  };

  const handle = async (batch: readonly RawRecord[]): Promise<void> => {
    const startedMs = clock.monotonicMs();
    const [head] = batch;
    if (head !== undefined) breaker?.enter(head);
    const settled: Settled[] = [];
    for (const raw of batch) {
      const one = settle(raw);
      settled.push(isPromise(one) ? await one : one);
    }
    // Before anything is written: what shows that a deploy is bad must not be used up in showing it.
    const written = breaker?.admit(batch, settled.map(lessonOf));
    const outputs = settled.map((one) => one.output).filter(isOutput);
    if ((await appendAll(outputs)) !== null) {
      for (const [at, raw] of batch.entries()) settled[at] = await appendAlone(raw, settled[at] as Settled);
    }
    // Counted once it is written: a batch that goes back is counted when it comes again.
    countSettled(metrics, settled);
    written?.();
    metrics.observe('mmm_stage_seconds', (clock.monotonicMs() - startedMs) / 1_000, { stage: 'intake' });
  };

  return {
    start: async () => {
      await breaker?.start();
      await source.start(handle);
    },
    stop: async () => {
      stopping.abort();
      breaker?.stop();
      await source.stop();
    },
    health: () => source.health(),
  };
};
