import { type ErrorCode, ERRORS } from '../../errors.ts';
import { deadLetter, isTooLargeToCopy, LENGTH_AND_DIGEST } from '../dead-letter.ts';
import type { RawRecord } from '../ports/intake.ts';
import type { Normaliser } from '../ports/normaliser.ts';
import type { OutputRecord } from '../ports/records.ts';

export interface OutcomeRefusal {
  readonly code: ErrorCode;
  /** What, where, how to mend; never a value of the record. */
  readonly message: string;
  readonly attempts: number;
}

export interface LetterStamp {
  readonly failedAtMs: number;
  readonly engineVersion: string;
}

const textIn = (bytes: Uint8Array | string | null): string =>
  bytes === null ? '' : typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');

/** Everything of the record that a copy would spread: the secret rules see it first, as those of intake do. */
const copiedText = ({ key, value, headers }: RawRecord): string =>
  [...Object.entries(headers).map(([name, text]) => `"${name}":"${textIn(text)}"`), textIn(key), textIn(value)].join(
    '\n',
  );

/**
 * The dead letter of a report (G1, interface 2): bytes and headers untouched, or length and digest where a copy would spread a credential or be over the
 * topic's size. Rules that fail can vouch for nothing: then nothing is copied, and the letter is written all the same.
 */
export const outcomeLetter = async (
  raw: RawRecord,
  refusal: OutcomeRefusal,
  stamp: LetterStamp,
  normaliser: Pick<Normaliser, 'textHoldsSecret'>,
): Promise<{ readonly code: ErrorCode; readonly output: OutputRecord }> => {
  const place = { ...raw, topic: raw.channel, partition: raw.lane, offset: raw.position };
  const isSecret =
    refusal.code === 'SECRET_FOUND' || (await normaliser.textHoldsSecret(copiedText(raw)).catch(() => true));
  const told: OutcomeRefusal =
    isSecret && refusal.code !== 'SECRET_FOUND'
      ? {
          ...refusal,
          code: 'SECRET_FOUND',
          message: `$: ${ERRORS.SECRET_FOUND.meaning}; ${ERRORS.SECRET_FOUND.remedy}; also ${refusal.code}: ${refusal.message}`,
        }
      : refusal;
  const isOversized = isTooLargeToCopy(place);
  const message = isOversized ? `${told.message}; too large to copy, length and digest kept` : told.message;
  const reason = { ...told, message, ...stamp, stage: 'outcomes' };
  return { code: told.code, output: deadLetter(place, reason, isSecret || isOversized ? LENGTH_AND_DIGEST : null) };
};
