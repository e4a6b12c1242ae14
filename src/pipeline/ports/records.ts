import type { TopicName } from '../../generated/topics.ts';

export type HeaderValue = string | Uint8Array;

/** A record on its way out: already encoded, checked for size and schema, so that publishing can not fail on content. */
export interface OutputRecord {
  readonly topic: TopicName;
  readonly key: Uint8Array | string | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

/** A record of the internal log as the decide stage reads it. */
export interface LogRecord {
  readonly offset: bigint;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  readonly timestampMs: number;
}
