import { TOPIC_NAMES, type TopicName } from '../generated/topics.ts';
import type { HeaderValue } from './ports/records.ts';

/** Where a record stands in the log. Written as `topic:partition:offset`. */
export interface LogPlace {
  readonly topic: TopicName;
  readonly partition: number;
  readonly offset: bigint;
}

export const placeText = ({ topic, partition, offset }: { topic: string; partition: number; offset: bigint }): string =>
  `${topic}:${partition}:${offset}`;

const PLACE = /^([A-Za-z0-9._-]{1,249}):(\d{1,9}):(\d{1,18})$/;

/** Null if it is no place in a topic of ours. */
export const parsePlace = (text: string): LogPlace | null => {
  const [, name, partition, offset] = PLACE.exec(text) ?? [];
  const topic = TOPIC_NAMES.find((one) => one === name);
  return topic === undefined ? null : { topic, partition: Number(partition), offset: BigInt(offset ?? '') };
};

export const REPLAY_ID = 'mmm-replay-id';
export const REPLAY_OF = 'mmm-replay-of';
/** Tries made of the letter before, so that a letter that comes again goes on counting. */
export const REPLAY_ATTEMPTS = 'mmm-replay-attempts';
/** Time of the first record in ms: part of the id of a signal whose producer gives none. */
export const REPLAY_TIMESTAMP = 'mmm-replay-timestamp';

/** What a record says of itself that was put in again from a dead letter. */
export interface ReplayMarks {
  /** The record that was refused first. */
  readonly of: LogPlace;
  readonly timestampMs: number;
  readonly attempts: number;
}

const MOST_ATTEMPTS = 999_999;

const textOf = (headers: Readonly<Record<string, HeaderValue>>, name: string): string => {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return value === undefined ? '' : typeof value === 'string' ? value : Buffer.from(value).toString('utf8');
};

/** Null unless all marks are there and well formed: half of them are not ours. */
export const replayMarksOf = (headers: Readonly<Record<string, HeaderValue>>): ReplayMarks | null => {
  // Of nearly every record: no text is made.
  if (!Object.hasOwn(headers, REPLAY_ID)) return null;
  const of = parsePlace(textOf(headers, REPLAY_OF));
  const [time, attempts] = [textOf(headers, REPLAY_TIMESTAMP), textOf(headers, REPLAY_ATTEMPTS)];
  if (of === null || !/^-?\d{1,16}$/.test(time) || !/^\d{1,6}$/.test(attempts)) return null;
  return { of, timestampMs: Number(time), attempts: Math.min(Number(attempts), MOST_ATTEMPTS) };
};
