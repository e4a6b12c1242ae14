import { expect, test } from '@jest/globals';
import { LocalInputDecoder } from '../../../src/adapters/registry/input-decoder.ts';
import { showRecord } from '../../../src/admin/queries/show-record.ts';
import { MmmError } from '../../../src/errors.ts';
import type { RawRecord } from '../../../src/pipeline/ports/intake.ts';

const record = (over: Partial<RawRecord>): RawRecord => ({
  channel: 'mmm.triggers',
  lane: 2,
  position: 9_007_199_254_740_993n,
  timestampMs: 0,
  key: Buffer.from('t|a'),
  value: Buffer.from('{"a":1}'),
  headers: { plain: Buffer.from('x'), bytes: Buffer.from([0xff]) },
  ...over,
});
const show = async (over: Partial<RawRecord>) => await showRecord(new LocalInputDecoder(), record(over));

test('JSON is decoded, the place is exact, headers are text or base64', async () => {
  expect(await show({})).toEqual({
    topic: 'mmm.triggers',
    partition: 2,
    offset: '9007199254740993',
    timestamp: '1970-01-01T00:00:00.000Z',
    key: 't|a',
    headers: { plain: 'x', bytes: 'base64:/w==' },
    value: { a: 1 },
  });
});

test('what can not be read is shown as it is, with the reason', async () => {
  expect(await show({ value: Buffer.from('oops') })).toMatchObject({ value_text: 'oops', error: 'NOT_JSON' });
  const unknown = await show({ value: Buffer.from([0, 0, 1, 2, 3, 4, 0xff]) });
  expect(unknown).toMatchObject({ value_base64: 'AAABAgME/w==', error: 'SCHEMA_ID_UNKNOWN' });
  expect(unknown).not.toHaveProperty('value');
});

test("a dead letter is never decoded: it is the sender's bytes", async () => {
  const shown = await show({ channel: 'mmm.dlq', value: Buffer.from('{"a":1}') });
  expect(shown).toMatchObject({ value_text: '{"a":1}' });
  expect(shown).not.toHaveProperty('error');
});

test('a tombstone is null; a date beyond all dates is its number', async () => {
  expect(await show({ value: null, timestampMs: 1e20, key: null })).toMatchObject({
    value: null,
    key: null,
    timestamp: '100000000000000000000',
  });
});

test('a registry that is away is no property of the record', async () => {
  const decoder = { decode: () => Promise.reject(new MmmError('REGISTRY_UNAVAILABLE')) };
  await expect(showRecord(decoder, record({}))).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
});
