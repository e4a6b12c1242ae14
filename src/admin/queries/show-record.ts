import { MmmError } from '../../errors.ts';
import { TOPICS, type TopicName } from '../../generated/topics.ts';
import type { InputDecoder } from '../../pipeline/ports/codec.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';
import type { HeaderValue } from '../../pipeline/ports/records.ts';

/** A record for a person's eyes or the next program: exactly one of `value`, `value_text`, `value_base64`; `error` says why it is not decoded. */
export interface ShownRecord {
  readonly topic: string;
  readonly partition: number;
  /** Text: an offset may exceed what a JSON number holds. */
  readonly offset: string;
  readonly timestamp: string;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded; null is a tombstone. */
  readonly value?: unknown;
  readonly value_text?: string;
  readonly value_base64?: string;
  readonly error?: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

const asText = (bytes: Uint8Array): string | null => {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
};

/** Text as it is, anything else as `base64:...`. */
const readable = (value: HeaderValue): string =>
  typeof value === 'string' ? value : (asText(value) ?? `base64:${Buffer.from(value).toString('base64')}`);

const raw = (bytes: Uint8Array): { value_text: string } | { value_base64: string } => {
  const text = asText(bytes);
  return text === null ? { value_base64: Buffer.from(bytes).toString('base64') } : { value_text: text };
};

/** A registry that is away is an error of the command; a record that can not be read is shown as it is. */
const decoded = async (
  decoder: InputDecoder,
  topic: string,
  bytes: Uint8Array,
): Promise<Pick<ShownRecord, 'value' | 'value_text' | 'value_base64' | 'error'>> => {
  try {
    return { value: await decoder.decode(topic, bytes) };
  } catch (error) {
    if (!(error instanceof MmmError) || error.retriable) throw error;
    return { ...raw(bytes), error: error.code };
  }
};

const timeText = (ms: number): string => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
};

/** Decodes Avro and JSON; dead letters are somebody's broken bytes and are shown as text or base64. Throws REGISTRY_UNAVAILABLE. */
export const showRecord = async (decoder: InputDecoder, record: RawRecord): Promise<ShownRecord> => {
  const { channel, lane, position, timestampMs, key, value, headers } = record;
  const untouched = TOPICS[channel as TopicName].format === 'raw';
  const shown = value === null ? { value: null } : untouched ? raw(value) : await decoded(decoder, channel, value);
  return {
    topic: channel,
    partition: lane,
    offset: position.toString(),
    timestamp: timeText(timestampMs),
    key: key === null ? null : readable(key),
    headers: Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, readable(header)])),
    ...shown,
  };
};
