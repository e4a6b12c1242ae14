import { randomInt, randomUUID } from 'node:crypto';
import avro from 'avsc';
import type { Message } from 'kafkajs';
import { sinCommit } from './signals.ts';

export interface BadRecord {
  readonly code: string;
  readonly message: Message;
  /** A made-up credential of a form that scanners know: it must appear nowhere but in the raw topic. */
  readonly secret: string | null;
}

type Document = Record<string, unknown>;

const document = (extra: Document = {}): Document => ({
  ...(JSON.parse(sinCommit('bad').value) as Document),
  ...extra,
});
const json = (extra: Document): Buffer => Buffer.from(JSON.stringify(document(extra)));
const payload = (value: unknown): Buffer => json({ payload: value });

const wire = (id: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, body]);
};

const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });
const many = (count: number): Document => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const token = (): string => `ghp_${Array.from({ length: 36 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`;
const password = (): string => `pw-${randomUUID()}`;

interface Made {
  readonly code: string;
  readonly value: Buffer;
  readonly secret?: string | null;
}
type Maker = () => Made;

/** Every kind of bad input of the issue's item 5, and the code its letter has to carry. `schema` is one of pm3's in the registry. */
const makers = (schema: { readonly id: number; readonly text: string }, unknownId: number): readonly Maker[] => {
  const type = avro.Type.forSchema(JSON.parse(schema.text) as avro.Schema);
  const whole = type.random() as unknown as Document;
  const ofAvro = type.toBuffer(whole);
  return [
    () => ({ code: 'EMPTY_VALUE', value: Buffer.alloc(0) }),
    () => ({ code: 'NOT_JSON', value: Buffer.from('this is not JSON') }),
    () => ({ code: 'NOT_JSON', value: Buffer.from('{"signal_id": "half') }),
    () => ({ code: 'AVRO_MALFORMED', value: wire(schema.id, ofAvro.subarray(0, Math.floor(ofAvro.length / 2))) }),
    () => ({ code: 'AVRO_MALFORMED', value: Buffer.from([0, 0, 0]) }),
    () => ({ code: 'SCHEMA_ID_UNKNOWN', value: wire(unknownId, ofAvro) }),
    () => ({ code: 'NOT_JSON', value: Buffer.concat([Buffer.from([1]), wire(schema.id, ofAvro).subarray(1)]) }),
    () => ({ code: 'TENANT_MISSING', value: json({ tenant_id: '' }) }),
    () => ({ code: 'ID_MISSING', value: json({ signal_id: null }) }),
    () => ({ code: 'TIME_MISSING', value: json({ occurred_at: 'yesterday' }) }),
    () => ({ code: 'TIME_IN_FUTURE', value: json({ occurred_at: new Date(Date.now() + 3_600_000).toISOString() }) }),
    () => ({ code: 'ID_INVALID', value: json({ actor_id: 'a'.repeat(256) }) }),
    () => ({ code: 'ID_INVALID', value: json({ tenant_id: 'a\u0000b' }) }),
    () => ({ code: 'TOO_DEEP', value: payload(deep(20)) }),
    () => ({ code: 'TOO_DEEP', value: Buffer.from(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) }),
    () => ({ code: 'TOO_MANY_KEYS', value: payload(many(501)) }),
    () => ({ code: 'KEY_TOO_LONG', value: payload({ ['k'.repeat(129)]: 1 }) }),
    () => ({ code: 'STRING_TOO_LONG', value: payload({ text: 'x'.repeat(8_193) }) }),
    () => ({ code: 'ARRAY_TOO_LONG', value: payload({ list: Array.from({ length: 1_001 }, () => 1) }) }),
    () => ({ code: 'KEY_FORBIDDEN', value: Buffer.from('{"signal_id":"x","__proto__":{"admin":true}}') }),
    () => ({ code: 'KEY_FORBIDDEN', value: payload({ constructor: { prototype: 1 } }) }),
    () => ({ code: 'INVALID_UTF8', value: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) }),
    () => ({ code: 'SCHEMA_VIOLATION', value: Buffer.from('[1,2,3]') }),
    () => secretIn(token(), (secret) => payload({ note: `use ${secret} please` })),
    () => secretIn(password(), (secret) => payload({ db: { password: secret } })),
    // Refused for something else, and yet its bytes would carry the secret into the dead letters.
    () => secretIn(token(), (secret) => Buffer.from(`not JSON, but ${secret}`)),
    () => secretIn(token(), (secret) => json({ tenant_id: '', payload: { note: secret } })),
  ];
};

const secretIn = (secret: string, value: (secret: string) => Buffer) => ({
  code: 'SECRET_FOUND',
  value: value(secret),
  secret,
});

/** Over our limit and, compressed, still below the broker's. */
const tooLarge = (): Buffer => payload({ text: Array.from({ length: 265 }, (_, n) => [`${n}`, 'y'.repeat(4_000)]) });

/** `count` records: each kind at least once, the rest at random. */
export const badRecords = (
  count: number,
  schema: { readonly id: number; readonly text: string },
  unknownId: number,
): BadRecord[] => {
  const kinds = makers(schema, unknownId);
  return Array.from({ length: count }, (_, index) => {
    // Once: a megabyte each.
    if (index === kinds.length) return record(index, { code: 'RECORD_TOO_LARGE', value: tooLarge() });
    const make = kinds[index] ?? kinds[randomInt(kinds.length)]!;
    return record(index, make());
  });
};

const record = (index: number, { code, value, secret = null }: Made): BadRecord => ({
  code,
  secret,
  message: { key: index % 3 === 0 ? null : `bad-${index}`, value, headers: { n: `${index}` } },
});
