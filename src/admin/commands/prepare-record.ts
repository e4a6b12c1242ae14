import { actorKeyText, encodeKeyPart } from '../../domain/ids.ts';
import { MmmError } from '../../errors.ts';
import { type TopicKey, TOPIC_NAMES, TOPICS, type TopicName } from '../../generated/topics.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';

/** What brokers take by default as one batch, less what framing takes. Refused here, so that a file is sent whole or not at all. */
export const RECORD_MAX_BYTES = 1_000_000;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The topics `publish` may write to: what neighbours send us. Every other topic has one writer, the engine, or G2 would not hold. */
export const PUBLISHABLE: readonly TopicName[] = TOPIC_NAMES.filter((name) => TOPICS[name].direction === 'in');

/** Throws USAGE unless records may be put into this topic. */
export const publishableTopic = (text: string): TopicName => {
  const found = PUBLISHABLE.find((name) => name === text);
  if (found !== undefined) return found;
  const known = TOPIC_NAMES.some((name) => name === text);
  const why = known ? 'is written by the engine alone' : 'is no topic of topics.yaml';
  throw new MmmError('USAGE', `${text} ${why}; publish takes: ${PUBLISHABLE.join(', ')}`);
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown, name: string): string | null => {
  const member = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof member === 'string' && member !== '' ? member : null;
};

/** The key topics.yaml asks for; where any will do, the actor, so that one person's signals stay in order. Null: the value names neither. */
export const defaultKey = (kind: TopicKey, value: unknown): string | null => {
  const tenant = textOf(value, 'tenant_id');
  if (tenant === null) return null;
  const actor = kind === 'tenant' ? null : textOf(value, 'actor_id');
  return actor === null ? encodeKeyPart(tenant) : actorKeyText({ tenantId: tenant, actorId: actor });
};

const parsed = (text: string, where: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Without the cause: the parser's message quotes the line.
    throw new MmmError('RECORDS_INVALID', `${where}: is not JSON; write one JSON value per line`);
  }
};

const headersOf = (value: unknown, where: string): Record<string, string> => {
  if (value === undefined) return {};
  if (!isObject(value)) throw new MmmError('RECORDS_INVALID', `${where}: headers: must be an object of strings`);
  const headers: Record<string, string> = {};
  for (const [name, header] of Object.entries(value)) {
    if (typeof header !== 'string')
      throw new MmmError('RECORDS_INVALID', `${where}: headers: ${name} must be a string`);
    Object.defineProperty(headers, name, { value: header, enumerable: true });
  }
  return headers;
};

const ENVELOPE_MEMBERS = ['key', 'value', 'headers'];

const unwrapped = (topic: TopicName, document: unknown, where: string): OutputRecord => {
  if (!isObject(document) || !Object.hasOwn(document, 'value'))
    throw new MmmError(
      'RECORDS_INVALID',
      `${where}: with --envelope each line is {"key":..,"value":..,"headers":..}, value required`,
    );
  const unknown = Object.keys(document).filter((name) => !ENVELOPE_MEMBERS.includes(name));
  if (unknown.length > 0)
    throw new MmmError('RECORDS_INVALID', `${where}: unknown member of the envelope: ${unknown.join(', ')}`);
  const { key, value, headers } = document;
  if (key !== undefined && key !== null && typeof key !== 'string')
    throw new MmmError('RECORDS_INVALID', `${where}: key: must be a string or null`);
  return {
    topic,
    key: key === undefined ? defaultKey(TOPICS[topic].key, value) : key,
    value: value === null ? null : Buffer.from(JSON.stringify(value)),
    headers: headersOf(headers, where),
  };
};

/**
 * One line of a file as a record. The value is sent with the bytes of the line (white space at its ends apart), so that numbers keep their
 * digits; in an envelope it is written anew, and null makes a tombstone. Null: the line is empty. Throws RECORDS_INVALID that names `where`.
 */
export const prepareRecord = (
  topic: TopicName,
  line: Uint8Array,
  where: string,
  envelope: boolean,
): OutputRecord | null => {
  let text: string;
  try {
    text = utf8.decode(line).trim();
  } catch {
    throw new MmmError('RECORDS_INVALID', `${where}: is not UTF-8`);
  }
  if (text === '') return null;
  const document = parsed(text, where);
  if (!envelope && document === null)
    throw new MmmError(
      'RECORDS_INVALID',
      `${where}: is null; for a tombstone use --envelope with "value":null and a key`,
    );
  const record: OutputRecord = envelope
    ? unwrapped(topic, document, where)
    : { topic, key: defaultKey(TOPICS[topic].key, document), value: Buffer.from(text), headers: {} };
  const bytes =
    (record.value?.length ?? 0) + Buffer.byteLength(record.key ?? '') + JSON.stringify(record.headers).length;
  if (bytes > RECORD_MAX_BYTES)
    throw new MmmError('RECORDS_INVALID', `${where}: the record has ${bytes} bytes, the limit is ${RECORD_MAX_BYTES}`);
  return record;
};
