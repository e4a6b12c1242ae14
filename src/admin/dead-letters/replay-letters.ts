import { MmmError } from '../../errors.ts';
import { TOPICS } from '../../generated/topics.ts';
import type { Pause } from '../../pipeline/failure-policy.ts';
import type { RawRecord, RecordWriter } from '../../pipeline/ports/intake.ts';
import type { HeaderValue, OutputRecord } from '../../pipeline/ports/records.ts';
import { placeText, REPLAY_ATTEMPTS, REPLAY_ID, REPLAY_OF, REPLAY_TIMESTAMP } from '../../pipeline/replay-marks.ts';
import type { OperatorAudit, ReplayedLetters } from '../ports/dead-letter-marks.ts';
import type { TopicReader } from '../ports/topic-reader.ts';
import { DLQ_PREFIX, type Letter, timeMs } from './letter.ts';
import type { PiledLetter } from './pile.ts';

/** Why a letter is left where it is. */
export type NotReplayed = 'withheld' | 'replayed_already' | 'too_many_attempts' | 'not_an_input' | 'too_large';

/** A letter that came back this often is not going to pass the next time by itself: only who names it sends it again. */
export const ATTEMPTS_AT_MOST = 10;
/** One run holds the records it sends in memory. What is over waits for the next run, which goes on where this one ended. */
export const LETTERS_AT_MOST = 10_000;
const BYTES_AT_MOST = 256 * 1_024 * 1_024;

export interface ReplayPlan {
  /** Oldest first: per lane the order they came in. */
  readonly send: readonly Letter[];
  readonly leave: ReadonlyMap<NotReplayed, readonly Letter[]>;
  /** Would be sent, but not by this run. */
  readonly later: number;
}

export interface ReplayChoice {
  /** The letters were named by their places: then many tries are no reason to leave one. */
  readonly named: boolean;
  /** Also those that were put in again and did not come back. */
  readonly again: boolean;
}

const reasonToLeave = ({ letter, replayed }: PiledLetter, { named, again }: ReplayChoice): NotReplayed | null => {
  if (letter.withheld !== null) return 'withheld';
  if (TOPICS[letter.source.topic].direction !== 'in') return 'not_an_input';
  if (replayed && !again) return 'replayed_already';
  if (letter.attempts >= ATTEMPTS_AT_MOST && !named) return 'too_many_attempts';
  return null;
};

const bySource = ({ source: a }: Letter, { source: b }: Letter): number =>
  a.topic < b.topic
    ? -1
    : a.topic > b.topic
      ? 1
      : a.partition - b.partition || (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0);

/** What `replay` would do with the letters chosen. Changes nothing. */
export const planReplay = (chosen: readonly PiledLetter[], choice: ReplayChoice): ReplayPlan => {
  const leave = new Map<NotReplayed, Letter[]>();
  const send: Letter[] = [];
  for (const piled of chosen) {
    const reason = reasonToLeave(piled, choice);
    if (reason === null) send.push(piled.letter);
    else leave.set(reason, [...(leave.get(reason) ?? []), piled.letter]);
  }
  send.sort(bySource);
  return { send: send.slice(0, LETTERS_AT_MOST), leave, later: Math.max(0, send.length - LETTERS_AT_MOST) };
};

/** Ours of the letter and of an earlier replay are replaced; every other header is the original's. */
const isOurs = (name: string): boolean => name.startsWith(DLQ_PREFIX) || name.startsWith('mmm-replay-');

/** The refused record again: bytes, key and headers as they were, with the marks by which intake and readers know it. */
export const replayedRecord = (letter: Letter, record: RawRecord, replayId: string): OutputRecord => {
  const headers: Record<string, HeaderValue> = {};
  for (const [name, value] of Object.entries(record.headers)) {
    // A sender chose the names: assignment to __proto__ would set no own property.
    if (!isOurs(name)) Object.defineProperty(headers, name, { value, enumerable: true });
  }
  const { of, timestampMs } = letter.replay ?? { of: letter.source, timestampMs: timeMs(letter.sourceTime) };
  Object.assign(headers, {
    [REPLAY_ID]: replayId,
    [REPLAY_OF]: placeText(of),
    [REPLAY_TIMESTAMP]: String(timestampMs),
    [REPLAY_ATTEMPTS]: String(letter.attempts),
  });
  return { topic: letter.source.topic, key: record.key, value: record.value, headers };
};

export interface ReplayDeps {
  readonly reader: TopicReader;
  readonly writer: RecordWriter;
  readonly replayed: ReplayedLetters;
  readonly audit: OperatorAudit;
  readonly pause: Pause;
}

export interface ReplayOrder {
  readonly replayId: string;
  readonly who: string;
  /** Null: none was given. */
  readonly reason: string | null;
  readonly filter: Readonly<Record<string, unknown>>;
  readonly perSecond: number;
}

export interface ReplayResult {
  readonly sent: number;
  readonly tooLarge: readonly Letter[];
  /** Not sent: the run was interrupted, or its records were more than it may hold. */
  readonly left: number;
}

const PORTIONS_PER_SECOND = 5;

type Held = readonly [Letter, OutputRecord];

/** The records of the letters, read again: the plan holds none of them. */
const recordsOf = async (
  reader: TopicReader,
  letters: readonly Letter[],
  replayId: string,
  signal: AbortSignal,
): Promise<readonly Held[]> => {
  const wanted = new Map(letters.map((letter) => [placeText(letter.at), letter]));
  const found = new Map<string, OutputRecord>();
  const earliest = Math.min(...letters.map(({ failedAtMs }) => failedAtMs));
  let bytes = 0;
  await reader.read('mmm.dlq', { from: startingAt(earliest), follow: false, signal }, (record) => {
    const place = placeText({ topic: 'mmm.dlq', partition: record.lane, offset: record.position });
    const letter = wanted.get(place);
    if (letter === undefined || bytes > BYTES_AT_MOST) return;
    bytes += (record.key?.byteLength ?? 0) + (record.value?.byteLength ?? 0);
    found.set(place, replayedRecord(letter, record, replayId));
  });
  return letters.flatMap((letter): Held[] => {
    const record = found.get(placeText(letter.at));
    return record === undefined ? [] : [[letter, record]];
  });
};

/** Clocks of engine and log differ a little: a letter may stand in the log under an earlier time than it names. */
const CLOCKS_APART_MS = 3_600_000;
export const startingAt = (sinceMs: number | null): 'earliest' | { readonly sinceMs: number } =>
  sinceMs === null ? 'earliest' : { sinceMs: Math.max(0, sinceMs - CLOCKS_APART_MS) };

/**
 * Puts refused records in again, as their neighbours sent them, at most `perSecond` a second. Each is decided for the first time, or refused again as a
 * letter that counts on; sent twice it is still one signal. The audit has a line before the first record and one after the last.
 */
export const replayLetters = async (
  deps: ReplayDeps,
  plan: ReplayPlan,
  order: ReplayOrder,
  signal: AbortSignal,
): Promise<ReplayResult> => {
  if (plan.send.length === 0) return { sent: 0, tooLarge: [], left: 0 };
  const { replayId, who, reason, filter, perSecond } = order;
  const held = await recordsOf(deps.reader, plan.send, replayId, signal);
  const facts = { filter, letters: held.length, per_second: perSecond, reason };
  const audit = (what: string, more: object): Promise<void> =>
    deps.audit.write({ who, what, subject: `replay ${replayId}`, details: { ...facts, ...more } });
  await audit('dlq_replay', {});
  let sent = 0;
  const tooLarge: Letter[] = [];
  try {
    const size = Math.max(1, Math.floor(perSecond / PORTIONS_PER_SECOND));
    for (let from = 0; from < held.length && !signal.aborted; from += size) {
      if (from > 0) await deps.pause((size * 1_000) / perSecond, signal).catch(() => undefined);
      if (signal.aborted) break;
      const gone = await sendAll(deps.writer, held.slice(from, from + size), tooLarge);
      // Behind the records: a mark without its record would hide a letter that nobody put in. The other way round it goes twice and is decided once.
      if (gone.length > 0) await deps.replayed.mark(replayId, gone);
      sent += gone.length;
    }
  } finally {
    await audit('dlq_replay_ended', { sent });
  }
  return { sent, tooLarge, left: plan.send.length - sent - tooLarge.length };
};

/** One by one where the writer finds a record too large: only that one stays. */
const sendAll = async (writer: RecordWriter, held: readonly Held[], tooLarge: Letter[]): Promise<readonly Letter[]> => {
  try {
    await writer.append(held.map(([, record]) => record));
    return held.map(([letter]) => letter);
  } catch (error) {
    if (!(error instanceof MmmError) || error.code !== 'OUTPUT_TOO_LARGE') throw error;
    if (held.length === 1) {
      tooLarge.push(...held.map(([letter]) => letter));
      return [];
    }
    const gone: Letter[] = [];
    for (const one of held) gone.push(...(await sendAll(writer, [one], tooLarge)));
    return gone;
  }
};
