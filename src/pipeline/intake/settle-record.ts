import { ERRORS, MmmError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { InputDecoder, RecordCodec } from '../ports/codec.ts';
import type { RawRecord } from '../ports/intake.ts';
import type { DocumentContext, Note, NormaliseOutcome, Normaliser, SignalSource } from '../ports/normaliser.ts';
import type { OutputRecord } from '../ports/records.ts';
import { replayMarksOf } from '../replay-marks.ts';
import { deadLetterOf } from './dead-letter.ts';
import type { IntakeRefusal } from './dead-letter.ts';
import { headerText, signalRecord } from './signal-record.ts';

/** What became of a raw record (G1): a closed union. `output` is what has to be written before the record may be acknowledged. */
export type Settled =
  | {
      readonly kind: 'normalised';
      readonly about: 'actor' | 'context_only';
      readonly source: SignalSource;
      readonly notes: readonly Note[];
      readonly output: OutputRecord;
    }
  | {
      readonly kind: 'rejected';
      readonly stage: 'intake' | 'normalise';
      readonly code: ErrorCode;
      readonly output: OutputRecord;
    }
  | { readonly kind: 'skipped'; readonly reason: 'tombstone'; readonly output: null };

export interface SettlerDependencies {
  readonly decoder: InputDecoder;
  readonly codec: RecordCodec;
  readonly normaliser: Normaliser;
  readonly clock: Clock;
  /** Of the engine, for `mmm-dlq-version`. */
  readonly engineVersion: string;
}

export interface Settler {
  /** Throws or rejects only with what the failure policy knows how to handle. A promise only where something had to be waited for. */
  settle(raw: RawRecord): Settled | Promise<Settled>;
  /** For a record that failed with a fault: `attempts` tries were made. */
  deadLetter(raw: RawRecord, code: ErrorCode, attempts: number, error: unknown): Promise<Settled>;
}

/** Which topic speaks which language. The other input topics are no signals and have stages of their own. */
const SOURCES: ReadonlyMap<string, SignalSource> = new Map([
  ['pm3.signals.normalized', 'pm3'],
  ['ubi.behavioural_signals', 'ubi'],
  ['detection.alerts', 'detection'],
  ['release.events', 'release'],
  ['incident.events', 'incident'],
  ['mmm.triggers', 'trigger'],
]);

/** Only within its topic: a place in another one can not be where this record stood. */
const replayOf = (raw: RawRecord): NonNullable<DocumentContext['replayOf']> | null => {
  const marks = replayMarksOf(raw.headers);
  return marks === null || marks.of.topic !== raw.channel ? null : { ...marks.of, timestampMs: marks.timestampMs };
};

const TOMBSTONE: Settled = { kind: 'skipped', reason: 'tombstone', output: null };

/** Facts of the error that are numbers (a schema id, a position) are told; its text is not, because it may quote the record. */
const messageOf = (code: ErrorCode, error: unknown): string => {
  const { meaning, remedy } = ERRORS[code];
  const facts =
    error instanceof MmmError ? Object.entries(error.details).filter(([, value]) => typeof value === 'number') : [];
  const said = facts.map(([name, value]) => `${name} ${value}`).join(', ');
  return said === '' ? `$: ${meaning}; ${remedy}` : `$ (${said}): ${meaning}; ${remedy}`;
};

/** Everything of a record that would be copied and that the secret rules have not seen. */
const unseenText = (raw: RawRecord, valueWasSeen: boolean): string => {
  const headers = Object.entries(raw.headers).map(([name]) => `"${name}":"${headerText(raw, name) ?? ''}"`);
  const key = raw.key === null ? '' : Buffer.from(raw.key).toString('latin1');
  const value = valueWasSeen || raw.value === null ? '' : Buffer.from(raw.value).toString('latin1');
  return [...headers, key, value].join('\n');
};

/** Decode, limits, secrets, normalise: one raw record to what has to be written for it (design 3.1, R-8, D-77, D-78). */
export const createSettler = (dependencies: SettlerDependencies): Settler => {
  const { decoder, codec, normaliser, clock, engineVersion } = dependencies;

  /** Rules that fail can vouch for nothing: then nothing is copied, and the letter is written all the same. */
  const mayNotBeCopied = (raw: RawRecord, valueWasSeen: boolean): Promise<boolean> =>
    normaliser.textHoldsSecret(unseenText(raw, valueWasSeen)).catch(() => true);

  const reject = async (raw: RawRecord, reason: IntakeRefusal, valueWasSeen: boolean): Promise<Settled> => {
    const stamp = { failedAtMs: clock.now(), engineVersion };
    const isSecret = reason.code === 'SECRET_FOUND';
    if (isSecret || !(await mayNotBeCopied(raw, valueWasSeen))) {
      return {
        kind: 'rejected',
        stage: reason.stage,
        code: reason.code,
        output: deadLetterOf(raw, reason, stamp, isSecret),
      };
    }
    // It was refused for something else, but a copy of it would spread a credential: that is the worse fault and names the letter.
    const message = `$: ${ERRORS.SECRET_FOUND.meaning}; ${ERRORS.SECRET_FOUND.remedy}; also ${reason.code}: ${reason.message}`;
    const told: IntakeRefusal = { ...reason, code: 'SECRET_FOUND', message };
    return { kind: 'rejected', stage: reason.stage, code: told.code, output: deadLetterOf(raw, told, stamp, true) };
  };

  const finish = (raw: RawRecord, source: SignalSource, outcome: NormaliseOutcome): Settled | Promise<Settled> => {
    if (outcome.kind === 'rejected') {
      const { stage, code, message } = outcome;
      return reject(raw, { stage, code, message, attempts: 1 }, stage === 'normalise');
    }
    const { signal, notes } = outcome;
    const about = signal.actor_id === null ? 'context_only' : 'actor';
    return { kind: 'normalised', about, source, notes, output: signalRecord(signal, raw, codec) };
  };

  const read = (raw: RawRecord, source: SignalSource, document: unknown): Settled | Promise<Settled> => {
    const outcome = normaliser.normalise(source, document, {
      origin: { topic: raw.channel, partition: raw.lane, offset: String(raw.position) },
      recordTimestampMs: raw.timestampMs,
      replayOf: replayOf(raw),
      receivedAtMs: clock.now(),
      traceParent: headerText(raw, 'traceparent'),
    });
    return outcome instanceof Promise
      ? outcome.then((late) => finish(raw, source, late))
      : finish(raw, source, outcome);
  };

  return {
    settle: (raw) => {
      const { value, channel } = raw;
      if (value === null) return TOMBSTONE;
      const source = SOURCES.get(channel);
      if (source === undefined) throw new Error('intake was given a channel that carries no signals');
      if (value.byteLength === 0) throw new MmmError('EMPTY_VALUE');
      const tooBig = normaliser.checkBytes(value);
      if (tooBig !== null) return finish(raw, source, tooBig);
      const decoded = decoder.decode(channel, value);
      return decoded instanceof Promise
        ? decoded.then((document: unknown) => read(raw, source, document))
        : read(raw, source, decoded);
    },
    deadLetter: (raw, code, attempts, error) =>
      reject(raw, { stage: 'intake', code, message: messageOf(code, error), attempts }, false),
  };
};
