import { createHash } from 'node:crypto';
import type { ErrorCode } from '../../errors.ts';
import { deadLetter } from '../dead-letter.ts';
import type { RawRecord } from '../ports/intake.ts';
import type { OutputRecord } from '../ports/records.ts';

/** Topic mmm.dlq takes 2 MiB a message; this leaves room for our headers and the batch around it. */
export const COPIED_AT_MOST_BYTES = 2_000_000;

export interface IntakeRefusal {
  readonly stage: 'intake' | 'normalise';
  readonly code: ErrorCode;
  /** What, where, how to mend; never a value of the record. */
  readonly message: string;
  readonly attempts: number;
}

export interface DeadLetterStamp {
  readonly failedAtMs: number;
  /** Of this engine, so that a later one knows which of its dead letters are worth replaying. */
  readonly engineVersion: string;
}

const bytesIn = (value: Uint8Array | string | null): number =>
  value === null ? 0 : typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;

const sizeOf = (raw: RawRecord): number => {
  let size = bytesIn(raw.key) + bytesIn(raw.value);
  for (const [name, value] of Object.entries(raw.headers)) size += bytesIn(name) + bytesIn(value);
  return size;
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * The dead letter of a raw record (G1, interface 2): its bytes and headers untouched. One that holds a secret, or that is over the topic's size,
 * keeps only its length and digest: enough to find it at its source and to tell whether it is the same.
 */
export const deadLetterOf = (
  raw: RawRecord,
  refusal: IntakeRefusal,
  stamp: DeadLetterStamp,
  holdsSecret: boolean,
): OutputRecord => {
  const place = { ...raw, topic: raw.channel, partition: raw.lane, offset: raw.position };
  const isOversized = sizeOf(raw) > COPIED_AT_MOST_BYTES;
  const message = isOversized ? `${refusal.message}; too large to copy, length and digest kept` : refusal.message;
  return deadLetter(place, { ...refusal, message, ...stamp }, holdsSecret || isOversized ? { sha256 } : null);
};
