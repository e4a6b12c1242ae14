import { TOPICS } from '../../generated/topics.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';
import type { HeaderValue } from '../../pipeline/ports/records.ts';
import { type LogPlace, parsePlace, placeText, type ReplayMarks, replayMarksOf } from '../../pipeline/replay-marks.ts';
import { tenantHint } from '../../pipeline/record-hints.ts';

/** A dead letter as its headers tell it (interface 2). */
export interface Letter {
  /** In `mmm.dlq`. */
  readonly at: LogPlace;
  /** The refused record. */
  readonly source: LogPlace;
  /** As the header has it: with the place the record's identity, also where a topic was made anew. */
  readonly sourceTime: string;
  readonly failedAtMs: number;
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly version: string;
  /** As the record says, unverified; null when it can not be read. */
  readonly tenant: string | null;
  /** Only length and digest were kept: nothing can be sent again. */
  readonly withheld: { readonly bytes: number; readonly sha256: string } | null;
  /** The record had been put in again from an earlier letter. */
  readonly replay: ReplayMarks | null;
}

export const DLQ_PREFIX = 'mmm-dlq-';

const textOf = (value: HeaderValue | undefined): string =>
  value === undefined ? '' : typeof value === 'string' ? value : Buffer.from(value).toString('utf8');

const NOTICE_MAX_BYTES = 200;

/** The notice of pipeline/dead-letter.ts. A record that looks like one only keeps itself from being sent again. */
const noticeIn = (record: RawRecord): Letter['withheld'] => {
  const { key, value, headers } = record;
  if (key !== null || value === null || value.byteLength > NOTICE_MAX_BYTES) return null;
  if (Object.keys(headers).some((name) => !name.startsWith(DLQ_PREFIX))) return null;
  const [, bytes, sha256] =
    /^\{"withheld":true,"bytes":(\d{1,12}),"sha256":"([0-9a-f]{64})"\}$/.exec(Buffer.from(value).toString('latin1')) ??
    [];
  return bytes === undefined || sha256 === undefined ? null : { bytes: Number(bytes), sha256 };
};

/** A key that is the tenant (topics.yaml) names it also where the value can not be read. */
const tenantOf = (source: LogPlace, record: RawRecord): string | null => {
  const named = record.value === null ? null : tenantHint(record.value);
  if (named !== null || record.key === null || TOPICS[source.topic].key !== 'tenant') return named;
  const key = Buffer.from(record.key).toString('utf8');
  return key === '' ? null : key;
};

/** Null for a record of `mmm.dlq` that is not one of our letters. */
export const readLetter = (record: RawRecord): Letter | null => {
  const told = (name: string): string => textOf(record.headers[DLQ_PREFIX + name]);
  const source = parsePlace(`${told('topic')}:${told('partition')}:${told('offset')}`);
  const failedAtMs = Date.parse(told('failed-at'));
  if (source === null || Number.isNaN(failedAtMs)) return null;
  const withheld = noticeIn(record);
  return {
    at: { topic: 'mmm.dlq', partition: record.lane, offset: record.position },
    source,
    sourceTime: told('timestamp'),
    failedAtMs,
    stage: told('stage'),
    code: told('code'),
    message: told('message'),
    attempts: Number(told('attempts')) || 0,
    version: told('version'),
    tenant: withheld === null ? tenantOf(source, record) : null,
    withheld,
    replay: replayMarksOf(record.headers),
  };
};

/** Two letters with one identity are copies of one (an intake that crashed before it could acknowledge). */
export const identityOf = (letter: Pick<Letter, 'source' | 'sourceTime'>): string =>
  `${placeText(letter.source)}@${letter.sourceTime}`;

/** The first refusal of a record that came back: letters with one root are one record's story. */
export const rootOf = (letter: Letter): string => {
  if (letter.replay === null) return `${placeText(letter.source)}@${timeMs(letter.sourceTime)}`;
  return `${placeText(letter.replay.of)}@${letter.replay.timestampMs}`;
};

/** The header is RFC 3339 text, or the number as it came where that is no date (pipeline/dead-letter.ts). */
export const timeMs = (text: string): number => {
  const parsed = Date.parse(text);
  if (!/^-?\d+$/.test(text) && !Number.isNaN(parsed)) return parsed;
  return Number.isNaN(Number(text)) ? 0 : Number(text);
};
