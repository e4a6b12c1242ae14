import avro from 'avsc';
import { describe, expect, test } from '@jest/globals';
import { AvroReaders } from '../../../src/adapters/registry/avro-readers.ts';
import { avroType } from '../../../src/adapters/registry/guarded-types.ts';
import { latestSchema } from '../../../src/adapters/registry/own-schemas.ts';
import { LocalCodec } from '../../../src/adapters/registry/record-codec.ts';
import { LOCAL_SCHEMA_IDS } from '../../../src/generated/local-schema-ids.ts';
import { SIGNAL } from './samples.ts';

const codec = new LocalCodec();
const idOf = (subject: string): number => LOCAL_SCHEMA_IDS.find((local) => local.subject === subject)?.id ?? -1;

describe('LocalCodec', () => {
  test('writes Confluent wire format that plain avsc reads', () => {
    const wire = Buffer.from(codec.encode('mmm.signals', SIGNAL));
    expect([wire[0], wire.readUInt32BE(1)]).toEqual([0, idOf('mmm.signals-value')]);
    const type = avro.Type.forSchema(JSON.parse(latestSchema('mmm.signals-value').text));
    expect(JSON.parse(JSON.stringify(type.fromBuffer(wire.subarray(5))))).toEqual(SIGNAL);
  });

  test('reads back what it wrote, at once after the first time', async () => {
    const wire = codec.encode('mmm.signals', SIGNAL);
    expect(await codec.decodeSignal(wire)).toEqual(SIGNAL);
    expect(codec.decodeSignal(wire)).toEqual(SIGNAL);
  });

  test('a record longer than its first buffer is written whole', async () => {
    const signal = { ...SIGNAL, payload: { note: 'long '.repeat(2_000) } };
    expect(await codec.decodeSignal(codec.encode('mmm.signals', signal))).toEqual(signal);
  });

  test('a record that does not fit its schema is refused, not written', () => {
    const wrong = { ...SIGNAL, tenant_id: 7 } as unknown as typeof SIGNAL;
    expect(() => codec.encode('mmm.signals', wrong)).toThrow();
  });

  test('names subject and version for the header', () => {
    expect(codec.schemaHeader('mmm.signals')).toBe('mmm.signals-value:1');
    expect(codec.schemaHeader('mmm.receipts')).toBe('mmm.receipts-value:1');
    expect(new LocalCodec('blue.').schemaHeader('mmm.decisions')).toBe('blue.mmm.decisions-value:1');
  });

  test('a signal that is JSON or damaged', async () => {
    expect(codec.decodeSignal(Buffer.from(JSON.stringify(SIGNAL)))).toEqual(SIGNAL);
    const wire = codec.encode('mmm.signals', SIGNAL);
    expect(() => codec.decodeSignal(wire.subarray(0, wire.length - 1))).toThrow(
      expect.objectContaining({ code: 'AVRO_MALFORMED' }),
    );
  });
});

test('a record of an earlier version is read with the defaults of the later one', async () => {
  const schema = (fields: object[]): string => JSON.stringify({ type: 'record', name: 'R', fields });
  const old = schema([{ name: 'a', type: 'string' }]);
  const later = schema([{ name: 'a', type: 'string' }, { name: 'b', type: { type: 'map', values: 'int' }, default: {} }]); // prettier-ignore
  const readers = new AvroReaders({ byId: () => old }, () => 0, avroType(later));
  const body = avro.Type.forSchema(JSON.parse(old)).toBuffer({ a: 'x' });
  expect(await readers.decode(Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), body]))).toEqual({ a: 'x', b: {} });
});
