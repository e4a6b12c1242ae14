import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { LocalInputDecoder } from '../../../src/adapters/registry/input-decoder.ts';
import { latestSchema } from '../../../src/adapters/registry/own-schemas.ts';
import { LocalCodec } from '../../../src/adapters/registry/record-codec.ts';
import { type EarlierSchema, withEarlierSchemas } from '../../../src/adapters/registry/released-codec.ts';
import { LOCAL_SCHEMA_IDS } from '../../../src/generated/local-schema-ids.ts';
import type { RawRecord } from '../../../src/pipeline/ports/intake.ts';
import { PublishedCheck } from '../../../src/replay/verify/published.ts';
import type { RemadeOutput } from '../../../src/replay/verify/reexecute.ts';
import { FULL_DECISION, FULL_DELIVERY } from '../../schemas/samples.ts';

const codec = new LocalCodec();
/** Another subject of the same shape stands for an earlier version: an id that the decoder knows. */
const other = 'mmm.delivery.alert-value';
const earlier: EarlierSchema = {
  ...{ topic: 'mmm.delivery.ide', version: 0 },
  avro: { id: LOCAL_SCHEMA_IDS.find(({ subject }) => subject === other)!.id, text: latestSchema(other).text },
};

const outputs: readonly RemadeOutput[] = [
  { id: FULL_DECISION.decision_id, topic: 'mmm.decisions', value: FULL_DECISION },
  { id: FULL_DELIVERY.delivery_id, topic: 'mmm.delivery.ide', value: FULL_DELIVERY },
];
const records = outputs.map(({ topic, value }) => ({
  ...{ topic, key: 'k', value: codec.encode(topic, value), headers: {} },
}));
const checkWith = (...schemas: readonly EarlierSchema[]): PublishedCheck => {
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const check = new PublishedCheck(withEarlierSchemas(codec, '', schemas), new LocalInputDecoder(), sha256);
  check.add({ unsigned: { row: { decisionId: FULL_DECISION.decision_id }, records }, outputs });
  return check;
};
const published = (value: Uint8Array, decisionId = FULL_DECISION.decision_id): RawRecord => ({
  ...{ channel: 'x', lane: 0, position: 0n, timestampMs: 0, key: null, value },
  headers: { 'mmm-decision-id': Buffer.from(decisionId) },
});
const [decision, delivery] = records.map(({ value }) => value) as [Uint8Array, Uint8Array];
const underEarlier = withEarlierSchemas(codec, '', [earlier]).encodeAs(
  'mmm.delivery.ide-value:0',
  'mmm.delivery.ide',
  FULL_DELIVERY,
)!;

test('what was published as the decision says is counted, what was not found as well', async () => {
  const check = checkWith();
  expect(check.counts()).toEqual({ compared: 0, notFound: 2 });
  expect(await check.difference('mmm.decisions', published(decision))).toBeNull();
  expect(await check.difference('mmm.decisions', published(decision))).toBeNull();
  expect(check.counts()).toEqual({ compared: 1, notFound: 1 });
  expect(await check.difference('mmm.delivery.ide', published(delivery))).toBeNull();
  expect(check.counts()).toEqual({ compared: 2, notFound: 0 });
});

test('any flipped byte is a difference', async () => {
  for (const [topic, bytes] of [
    ['mmm.decisions', decision],
    ['mmm.delivery.ide', delivery],
  ] as const) {
    for (let at = 0; at < bytes.length; at += 1) {
      const altered = Buffer.from(bytes);
      altered[at]! ^= 1;
      expect({ at, difference: await checkWith().difference(topic, published(altered)) }).not.toEqual({
        ...{ at, difference: null },
      });
    }
  }
});

test('under an earlier version of the schema it is as good, under one that the topic never had it is not', async () => {
  expect(await checkWith(earlier).difference('mmm.delivery.ide', published(underEarlier))).toBeNull();
  expect(await checkWith().difference('mmm.delivery.ide', published(underEarlier))).toMatchObject({
    what: `delivery ${FULL_DELIVERY.delivery_id}`,
  });
  const asJson = Buffer.from(JSON.stringify(FULL_DELIVERY));
  expect(await checkWith(earlier).difference('mmm.delivery.ide', published(asJson))).not.toBeNull();
});

test('a record that the decision does not make is named, one of a decision not verified here is left alone', async () => {
  const more = codec.encode('mmm.delivery.ide', { ...FULL_DELIVERY, delivery_id: 'made-up' });
  expect(await checkWith().difference('mmm.delivery.ide', published(more))).toMatchObject({
    ...{ what: 'delivery made-up', expected: null },
  });
  expect(await checkWith().difference('mmm.delivery.ide', published(more, 'another-decision'))).toBeNull();
});
