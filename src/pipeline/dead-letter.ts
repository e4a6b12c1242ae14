import { createHash } from 'node:crypto';
import { type ErrorCode, ERRORS, MmmError } from '../errors.ts';
import type { HeaderValue, OutputRecord } from './ports/records.ts';
import { replayMarksOf } from './replay-marks.ts';

/** Where a refused record stood, in the words of the headers (interface 2). */
export interface DeadLetterSource {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

export interface DeadLetterReason {
  readonly stage: string;
  readonly code: ErrorCode;
  /** What, where and how to mend; never a value of the payload. */
  readonly message: string;
  readonly attempts: number;
  readonly failedAtMs: number;
  readonly engineVersion: string;
}

const MESSAGE_MAX_BYTES = 1_024;
/** Topic mmm.dlq takes 2 MiB a message; this leaves room for our headers and the batch around it. */
const COPIED_AT_MOST_BYTES = 2_000_000;

const bytesIn = (value: Uint8Array | string | null): number =>
  value === null ? 0 : typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;

/** True when a copy could be over the limit of mmm.dlq: it would be refused each time, and its partition would wait for ever. */
export const isTooLargeToCopy = ({ key, value, headers }: DeadLetterSource): boolean => {
  let size = bytesIn(key) + bytesIn(value);
  for (const [name, header] of Object.entries(headers)) size += bytesIn(name) + bytesIn(header);
  return size > COPIED_AT_MOST_BYTES;
};

/** For `withheld` of `deadLetter`. */
export const LENGTH_AND_DIGEST = {
  sha256: (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex'),
};

/** The code and words for an error of any kind: only catalogued text leaves, never the message of a foreign error (it may quote the payload). */
export const describeError = (error: unknown): { readonly code: ErrorCode; readonly message: string } => {
  if (!(error instanceof MmmError))
    return { code: 'UNEXPECTED_FAILURE', message: withRemedy('UNEXPECTED_FAILURE', null) };
  return { code: error.code, message: withRemedy(error.code, error.message) };
};

const withRemedy = (code: ErrorCode, what: string | null): string =>
  `${what ?? ERRORS[code].meaning}; ${ERRORS[code].remedy}`;

/**
 * A dead letter: the original bytes and headers untouched, with the place, the reason and the remedy in headers (C-30). `withheld` replaces key,
 * value and headers by length and digest where copying would spread a secret or break the broker's size limit.
 */
export const deadLetter = (
  source: DeadLetterSource,
  reason: DeadLetterReason,
  withheld: { readonly sha256: (bytes: Uint8Array) => string } | null = null,
): OutputRecord => {
  const headers = {
    'mmm-dlq-topic': source.topic,
    'mmm-dlq-partition': String(source.partition),
    'mmm-dlq-offset': source.offset.toString(),
    'mmm-dlq-timestamp': timeText(source.timestampMs),
    'mmm-dlq-stage': reason.stage,
    'mmm-dlq-code': reason.code,
    'mmm-dlq-message': truncated(reason.message),
    // Of a record that was put in again: with those before, so that nobody replays it for ever without seeing it.
    'mmm-dlq-attempts': String(reason.attempts + (replayMarksOf(source.headers)?.attempts ?? 0)),
    'mmm-dlq-failed-at': new Date(reason.failedAtMs).toISOString(),
    'mmm-dlq-version': reason.engineVersion,
  };
  if (withheld === null) {
    return { topic: 'mmm.dlq', key: source.key, value: source.value, headers: { ...source.headers, ...headers } };
  }
  const bytes = source.value ?? new Uint8Array();
  const notice = JSON.stringify({ withheld: true, bytes: bytes.length, sha256: withheld.sha256(bytes) });
  return { topic: 'mmm.dlq', key: null, value: new TextEncoder().encode(notice), headers };
};

/** A record's own timestamp may be anything a producer wrote: one that is no date is told as it came, a throw here would lose the letter. */
const timeText = (ms: number): string => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
};

const truncated = (message: string): string => {
  const bytes = new TextEncoder().encode(message);
  if (bytes.length <= MESSAGE_MAX_BYTES) return message;
  return new TextDecoder().decode(bytes.subarray(0, MESSAGE_MAX_BYTES)).replace(/\ufffd+$/, '');
};
