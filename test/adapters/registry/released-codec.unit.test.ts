import avro from 'avsc';
import { expect, test } from '@jest/globals';
import { latestSchema } from '../../../src/adapters/registry/own-schemas.ts';
import { LocalCodec } from '../../../src/adapters/registry/record-codec.ts';
import {
  earlierVersions,
  localEarlierSchemas,
  registryEarlierSchemas,
  withEarlierSchemas,
} from '../../../src/adapters/registry/released-codec.ts';
import type { MmmDecision } from '../../../src/generated/records.ts';
import { FULL_DECISION } from '../../schemas/samples.ts';

const SUBJECT = 'mmm.decisions-value';
const HEADER = `${SUBJECT}:0`;
const ID = 900;
/** As if `latency_warning` had come with a later version. */
const OLDER = ((): string => {
  const { fields, ...rest } = JSON.parse(latestSchema(SUBJECT).text) as { fields: { name: string }[] };
  return JSON.stringify({ ...rest, fields: fields.filter(({ name }) => name !== 'latency_warning') });
})();
const plain = new LocalCodec();
const codec = withEarlierSchemas(plain, '', [
  { topic: 'mmm.decisions', version: 0, avro: { id: ID, text: OLDER } },
  { topic: 'mmm.outcomes', version: 0, avro: null },
]);

test('writes under the earlier schema and its id, without what came later', () => {
  expect(codec.earlierSchemas('mmm.decisions')).toEqual([HEADER]);
  const wire = Buffer.from(codec.encodeAs(HEADER, 'mmm.decisions', FULL_DECISION)!);
  expect([wire[0], wire.readUInt32BE(1)]).toEqual([0, ID]);
  const { latency_warning: _, ...older } = FULL_DECISION;
  const read: unknown = avro.Type.forSchema(JSON.parse(OLDER)).fromBuffer(wire.subarray(5));
  expect(JSON.parse(JSON.stringify(read))).toEqual(older);
});

test('what is written now is as without it', () => {
  expect(codec.encode('mmm.decisions', FULL_DECISION)).toEqual(plain.encode('mmm.decisions', FULL_DECISION));
  expect(codec.schemaHeader('mmm.decisions')).toBe(plain.schemaHeader('mmm.decisions'));
});

test('a header of another topic or version, and a record that does not fit, give nothing', () => {
  expect(codec.encodeAs(`${SUBJECT}:7`, 'mmm.decisions', FULL_DECISION)).toBeNull();
  expect(codec.encodeAs(HEADER, 'mmm.delivery.ide', FULL_DECISION as never)).toBeNull();
  expect(
    codec.encodeAs(HEADER, 'mmm.decisions', { ...FULL_DECISION, tenant_id: 7 } as unknown as MmmDecision),
  ).toBeNull();
  expect(codec.earlierSchemas('mmm.delivery.ide')).toEqual([]);
});

test('earlier are the versions below the one that is written, each under the id that it was registered with', async () => {
  const subject = SUBJECT;
  const schemas = [1, 2, 3].map((version) => ({ subject, version, text: `text ${version}` }) as const);
  const versions = earlierVersions(schemas, (topic) =>
    topic === 'mmm.decisions' ? 3 : topic === 'mmm.receipts' ? 2 : 1,
  );
  expect(versions).toEqual([
    { topic: 'mmm.decisions', version: 1, text: 'text 1' },
    { topic: 'mmm.decisions', version: 2, text: 'text 2' },
    { topic: 'mmm.receipts', version: 1, text: null },
  ]);
  const receipts = { topic: 'mmm.receipts', version: 1, avro: null };
  const second = { topic: 'mmm.decisions', version: 2, avro: { id: 41, text: 'text 2' } };
  expect(localEarlierSchemas(versions, [{ id: 41, subject, version: 2 }])).toEqual([second, receipts]);
  const client = {
    idOf: (name: string, { text }: { readonly text: string }) =>
      Promise.resolve(name === `blue.${subject}` && text === 'text 2' ? 41 : null),
  };
  expect(await registryEarlierSchemas(client, 'blue.', versions)).toEqual([second, receipts]);
});
