import avro from 'avsc';
import { describe, expect, test } from '@jest/globals';
import { AvroReaders } from '../../../src/adapters/registry/avro-readers.ts';
import { LocalInputDecoder } from '../../../src/adapters/registry/input-decoder.ts';
import type { SchemaSource } from '../../../src/adapters/registry/schema-source.ts';
import { MmmError } from '../../../src/errors.ts';
import { LOCAL_SCHEMA_IDS } from '../../../src/generated/local-schema-ids.ts';
import { AVRO_SCHEMAS } from '../../../src/generated/schemas.ts';

const decoder = new LocalInputDecoder();
const decode = (bytes: Uint8Array | string): unknown =>
  decoder.decode('pm3.signals.normalized', typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return 'none';
  } catch (error) {
    return error instanceof MmmError ? error.code : `not ours: ${String(error)}`;
  }
};
const wire = (id: number, body: Buffer): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(id, 1);
  return Buffer.concat([prefix, body]);
};

describe('JSON', () => {
  test('is parsed, told apart by its first byte', () => {
    expect(decode(' {"a":[1,"x"]}')).toEqual({ a: [1, 'x'] });
    expect(decode('\uFEFF{"a":1}')).toEqual({ a: 1 });
  });

  test.each([
    ['nothing', 'EMPTY_VALUE', ''],
    ['white space', 'NOT_JSON', '  '],
    ['a word', 'NOT_JSON', 'hello'],
    ['another magic byte', 'NOT_JSON', Buffer.from([1, 0, 0, 0, 1, 2])],
    ['half an object', 'NOT_JSON', '{"a":'],
    ['broken UTF-8', 'INVALID_UTF8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ['a megabyte of open arrays', 'TOO_DEEP', '['.repeat(1_048_576)],
    ['half a megabyte of nested arrays', 'TOO_DEEP', '['.repeat(500_000) + ']'.repeat(500_000)],
    ['nested objects', 'TOO_DEEP', '{"a":'.repeat(200_000) + '1' + '}'.repeat(200_000)],
  ])('%s is %s', async (_name, code, bytes) => {
    expect(await codeOf(() => decode(bytes))).toBe(code);
  });

  test('brackets in strings do not count', () => {
    const text = `"${'['.repeat(1_000)}\\"[[["`;
    expect(decode(text)).toBe(JSON.parse(text));
  });

  test('a key __proto__ stays a key that the normaliser can see', () => {
    const value = decode('{"__proto__":{"admin":true}}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect((value as { admin?: unknown }).admin).toBeUndefined();
  });
});

const MAP = JSON.stringify({
  type: 'record',
  name: 'R',
  fields: [
    { name: 'map', type: { type: 'map', values: ['null', 'string', 'int', 'long', 'double'] } },
    { name: 'list', type: { type: 'array', items: 'string' }, default: [] },
    { name: 'raw', type: 'bytes', default: '' },
  ],
});
const mapType = avro.Type.forSchema(JSON.parse(MAP));
const source = (text: string | null): SchemaSource & { asked: number } => {
  const counted = {
    asked: 0,
    byId: () => {
      counted.asked += 1;
      return text;
    },
  };
  return counted;
};

describe('Avro', () => {
  const subject = 'mmm.triggers-value';
  const trigger = {
    trigger_id: 't1',
    tenant_id: 'acme',
    actor_id: 'a',
    requested_at: '2026-01-01T00:00:00Z',
    evaluation_point: 'pre-commit',
    surface: 'ide',
  };
  const text = AVRO_SCHEMAS.find((schema) => schema.subject === subject)?.text ?? '';
  const id = LOCAL_SCHEMA_IDS.find((local) => local.subject === subject)?.id ?? 0;
  const type = avro.Type.forSchema(JSON.parse(text));
  const filled = {
    ...trigger,
    actor_type: null,
    repo_id: null,
    branch: null,
    commit: null,
    pr_id: null,
    file_path: null,
  };
  const body = type.toBuffer({ ...filled, payload: {} });

  test('is decoded to plain objects, at once when the schema is known', async () => {
    await decode(wire(id, body));
    const value = decode(wire(id, body)) as object;
    expect(value).toMatchObject(trigger);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test('every truncation and left-over bytes are AVRO_MALFORMED', async () => {
    for (let length = 0; length < body.length; length++) {
      expect(await codeOf(() => decode(wire(id, body.subarray(0, length))))).toBe('AVRO_MALFORMED');
    }
    expect(await codeOf(() => decode(wire(id, Buffer.concat([body, Buffer.from([0])]))))).toBe('AVRO_MALFORMED');
    expect(await codeOf(() => decode(Buffer.from([0, 0, 0])))).toBe('AVRO_MALFORMED');
  });

  test('bent bytes never hang and never give anything but a value or AVRO_MALFORMED', async () => {
    for (let at = 0; at < body.length; at++) {
      for (const bits of [0x01, 0x80, 0xff]) {
        const bent = Buffer.from(body);
        bent[at] = bent[at]! ^ bits;
        expect(['none', 'AVRO_MALFORMED']).toContain(await codeOf(() => decode(wire(id, bent))));
      }
    }
  });

  test('a claim of 2^50 items is refused before counting them', async () => {
    const readers = new AvroReaders(source(MAP), () => 0);
    const huge = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]);
    expect(await codeOf(() => readers.decode(wire(1, huge)))).toBe('AVRO_MALFORMED');
    const inList = Buffer.concat([Buffer.from([0]), huge]);
    expect(await codeOf(() => readers.decode(wire(1, inList)))).toBe('AVRO_MALFORMED');
  });

  test('unions whose branches can not be told apart, bytes and odd keys come out as in JSON', async () => {
    const readers = new AvroReaders(source(MAP), () => 0);
    const map = { a: { int: 1 }, b: { double: 2.5 }, c: { string: 'x' }, d: null };
    const value = await readers.decode(wire(1, mapType.toBuffer({ map, list: ['p', 'q'], raw: Buffer.from('hi') })));
    expect(value).toEqual({ map: { a: 1, b: 2.5, c: 'x', d: null }, list: ['p', 'q'], raw: 'aGk=' });
    const odd = Buffer.concat([
      Buffer.from([2, 18]),
      Buffer.from('__proto__'),
      Buffer.from([2, 2]),
      Buffer.from('y'),
      Buffer.from([0, 0, 0]),
    ]);
    const { map: oddMap } = (await readers.decode(wire(1, odd))) as { map: object };
    expect(Object.keys(oddMap)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(oddMap)).toBe(Object.prototype);
  });

  test('an unknown id is asked for once in ten seconds; concurrent records share one request', async () => {
    let now = 0;
    const unknown = source(null);
    const readers = new AvroReaders(unknown, () => now);
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(() => readers.decode(wire(9, body)))));
    expect(new Set(codes)).toEqual(new Set(['SCHEMA_ID_UNKNOWN']));
    expect(unknown.asked).toBe(1);
    now = 9_999;
    await codeOf(() => readers.decode(wire(9, body)));
    expect(unknown.asked).toBe(1);
    now = 10_001;
    await codeOf(() => readers.decode(wire(9, body)));
    expect(unknown.asked).toBe(2);
  });

  test('an id that is not in schemas/ is unknown', async () => {
    expect(await codeOf(() => decode(wire(999_999, body)))).toBe('SCHEMA_ID_UNKNOWN');
  });
});
