import type { ErrorCode } from '../../errors.ts';
import { deadLetter, isTooLargeToCopy, LENGTH_AND_DIGEST } from '../dead-letter.ts';
import type { RawRecord } from '../ports/intake.ts';
import type { OutputRecord } from '../ports/records.ts';

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
  const isOversized = isTooLargeToCopy(place);
  const message = isOversized ? `${refusal.message}; too large to copy, length and digest kept` : refusal.message;
  return deadLetter(place, { ...refusal, message, ...stamp }, holdsSecret || isOversized ? LENGTH_AND_DIGEST : null);
};
