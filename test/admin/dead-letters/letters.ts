import { createHash } from 'node:crypto';
import { deadLetter, LENGTH_AND_DIGEST } from '../../../src/pipeline/dead-letter.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import type { RawRecord } from '../../../src/pipeline/ports/intake.ts';
import type { HeaderValue } from '../../../src/pipeline/ports/records.ts';

export const NOW_MS = Date.UTC(2026, 0, 2, 12);

export interface LetterSpec {
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly code?: ErrorCode;
  readonly stage?: string;
  readonly attempts?: number;
  readonly minute?: number;
  readonly value?: string | Uint8Array | null;
  readonly key?: string | null;
  readonly headers?: Record<string, HeaderValue>;
  readonly withheld?: boolean;
}

let written = 0n;

/** A record of `mmm.dlq` as intake writes it; `lane` and `position` are where it stands there. */
export const letterRecord = (
  spec: LetterSpec = {},
  place: Partial<Pick<RawRecord, 'lane' | 'position'>> = {},
): RawRecord => {
  const { topic = 'pm3.signals.normalized', partition = 0, offset = 0, minute = 0 } = spec;
  const value = spec.value === undefined ? '{"tenant_id":"acme"}' : spec.value;
  const { key = 'k' } = spec;
  const output = deadLetter(
    {
      topic,
      partition,
      offset: BigInt(offset),
      timestampMs: NOW_MS + offset,
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      headers: spec.headers ?? {},
    },
    {
      stage: spec.stage ?? 'normalise',
      code: spec.code ?? 'TENANT_MISSING',
      message: '$.x: what; how to mend it',
      attempts: spec.attempts ?? 1,
      failedAtMs: NOW_MS + minute * 60_000,
      engineVersion: '1.0.0',
    },
    spec.withheld === true ? LENGTH_AND_DIGEST : null,
  );
  const bytes = (part: string | Uint8Array | null): Uint8Array | null =>
    typeof part === 'string' ? Buffer.from(part) : part;
  return {
    channel: 'mmm.dlq',
    lane: 0,
    position: written++,
    timestampMs: NOW_MS + minute * 60_000,
    key: bytes(output.key),
    value: bytes(output.value),
    // As they come back from a broker.
    headers: Object.fromEntries(Object.entries(output.headers).map(([name, one]) => [name, Buffer.from(one)])),
    ...place,
  };
};

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A letter's record put in again and refused again: what intake makes of it, at `offset` of the topic. */
export const cameBack = (replayed: { readonly headers: RawRecord['headers'] }, spec: LetterSpec): RawRecord =>
  letterRecord({ ...spec, headers: replayed.headers });
