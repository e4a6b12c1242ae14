import { type ActorKey, actorKeyText } from '../../domain/ids.ts';
import type { OutcomeReport } from '../../domain/outcome.ts';
import { type ErrorCode, ERRORS, MmmError } from '../../errors.ts';
import { runInLanes } from '../actor-lanes.ts';
import type { DeadLetterBreaker, Lesson } from '../breaker.ts';
import { describeError } from '../dead-letter.ts';
import type { Pause } from '../failure-policy.ts';
import { createInsist } from '../insist.ts';
import type { Clock } from '../ports/clock.ts';
import type { InputDecoder } from '../ports/codec.ts';
import type { IntakeSource, RawRecord, RecordWriter, SourceHealth } from '../ports/intake.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Normaliser } from '../ports/normaliser.ts';
import type { OutputRecord } from '../ports/records.ts';
import { outcomeLetter } from './outcome-letter.ts';

export interface OutcomesDependencies {
  /** A group of its own: what waits for PostgreSQL here holds up no signal. */
  readonly source: IntakeSource;
  readonly writer: RecordWriter;
  readonly decoder: InputDecoder;
  readonly normaliser: Pick<Normaliser, 'checkBytes' | 'readOutcome' | 'textHoldsSecret'>;
  /** The use case (admin/commands/record-outcome.ts), the same one that HTTP calls. */
  readonly record: (report: OutcomeReport) => Promise<{ readonly status: 'recorded' | 'repeated' }>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly engineVersion: string;
  /** Started and stopped by intake, which has the same one. Default: none. */
  readonly breaker?: DeadLetterBreaker;
  /** Default: a timer that ends early when the stage stops. */
  readonly pause?: Pause;
}

export interface Outcomes {
  start(): Promise<void>;
  /** Ends waits for dependencies (their batches go back unacknowledged), lets working batches finish, leaves. */
  stop(): Promise<void>;
  health(): SourceHealth;
}

/** What became of a record: a closed union. A letter has to be written before the record may be acknowledged. */
type Settled =
  | { readonly kind: 'recorded' | 'repeated'; readonly result: string }
  | { readonly kind: 'rejected'; readonly code: ErrorCode; readonly output: OutputRecord }
  | { readonly kind: 'skipped' };

interface Readable {
  readonly kind: 'readable';
  readonly at: number;
  readonly raw: RawRecord;
  readonly report: OutcomeReport;
}

/** Each waits for one commit, and commits of a shard queue behind each other anyway. */
const LANES = 8;

/**
 * `mmm.outcome_reports` (interface 2a): at least once, harmless, because the outcome id is the same each time. One actor's reports of a batch are
 * recorded in their order, those of different actors side by side. A report that can not be believed is a dead letter and the next one goes on; a
 * database that is away holds the lane.
 */
export const createOutcomes = (dependencies: OutcomesDependencies): Outcomes => {
  const { source, writer, decoder, normaliser, clock, metrics, logger, breaker, pause } = dependencies;
  const stopping = new AbortController();

  const refuse = async (raw: RawRecord, code: ErrorCode, message: string, attempts: number): Promise<Settled> => {
    const stamp = { failedAtMs: clock.now(), engineVersion: dependencies.engineVersion };
    return { kind: 'rejected', ...(await outcomeLetter(raw, { code, message, attempts }, stamp, normaliser)) };
  };

  const { insist } = createInsist({
    event: () => 'outcomes.retried',
    stopping: stopping.signal,
    ...{ logger, pause },
  });

  /** The recording tells what it refuses in words of ours; any other error may quote the record and is told by its code. */
  const blamed = (raw: RawRecord) => (code: ErrorCode, attempt: number, error: unknown) => {
    const { meaning, remedy } = ERRORS[code];
    const isOurs = error instanceof MmmError && error.code === code;
    return refuse(raw, code, `$: ${isOurs ? describeError(error).message : `${meaning}; ${remedy}`}`, attempt);
  };

  const read = async (raw: RawRecord, at: number): Promise<Settled | Readable> => {
    const { value } = raw;
    if (value === null) return { kind: 'skipped' };
    return insist<Settled | Readable>({
      ...{ stage: 'outcomes', raw },
      work: async () => {
        if (value.byteLength === 0) throw new MmmError('EMPTY_VALUE');
        const tooBig = normaliser.checkBytes(value);
        const reading = tooBig ?? (await normaliser.readOutcome(await decoder.decode(raw.channel, value), clock.now()));
        if (reading.kind === 'rejected') return await refuse(raw, reading.code, reading.message, 1);
        return { kind: 'readable', at, raw, report: reading.report };
      },
      giveUp: blamed(raw),
    });
  };

  const record = ({ raw, report }: Readable): Promise<Settled> =>
    insist<Settled>({
      ...{ stage: 'outcomes', raw },
      work: async () => ({ kind: (await dependencies.record(report)).status, result: report.result }),
      giveUp: blamed(raw),
    });

  const handle = async (batch: readonly RawRecord[]): Promise<void> => {
    const startedMs = clock.monotonicMs();
    const [head] = batch;
    if (head !== undefined) breaker?.enter(head);
    const settled: (Settled | Readable)[] = [];
    for (const [at, raw] of batch.entries()) settled.push(await read(raw, at));
    const readable = settled.filter((one) => one.kind === 'readable');
    await runInLanes(
      readable,
      ({ report }) => actorKeyText(keyOf(report)),
      LANES,
      async ({ items: lane }) => {
        for (const one of lane) settled[one.at] = await record(one);
      },
    );
    const done = settled.filter((one) => one.kind !== 'readable');
    // What of the batch was recorded stays so: it comes again as a repetition.
    const written = breaker?.admit(batch, done.map(lessonOf));
    const letters = done.flatMap((one) => (one.kind === 'rejected' ? [one.output] : []));
    if (letters.length > 0) {
      await insist({
        ...{ stage: 'append', raw: null, work: () => writer.append(letters) },
        giveUp: (_code, _attempt, error) => Promise.reject(error as Error),
      });
    }
    // Counted once it is written: a batch that goes back is counted when it comes again.
    countSettled(metrics, done);
    written?.();
    metrics.observe('mmm_stage_seconds', (clock.monotonicMs() - startedMs) / 1_000, { stage: 'outcomes' });
  };

  return {
    start: () => source.start(handle),
    stop: async () => {
      stopping.abort();
      await source.stop();
    },
    health: () => source.health(),
  };
};

const lessonOf = (settled: Settled): Lesson =>
  settled.kind === 'rejected' ? settled.code : settled.kind === 'skipped' ? null : 'taken';

const keyOf = ({ tenantId, actorId }: OutcomeReport): ActorKey => ({ tenantId, actorId });

/** received = recorded + repeated + rejected + skipped. */
const countSettled = (metrics: Metrics, batch: readonly Settled[]): void => {
  metrics.records('outcomes', 'received', '', batch.length);
  for (const settled of batch) {
    switch (settled.kind) {
      case 'recorded':
      case 'repeated':
        metrics.records('outcomes', settled.kind, settled.result);
        break;
      case 'rejected':
        metrics.records('outcomes', 'rejected', settled.code);
        metrics.count('mmm_dlq_records_total', { reason: settled.code });
        break;
      case 'skipped':
        metrics.records('outcomes', 'skipped', 'tombstone');
        break;
      default:
        throw new Error(`no such outcome: ${String(settled satisfies never)}`);
    }
  }
};
