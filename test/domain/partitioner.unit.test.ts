import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { murmur2, partitionOf } from '../../src/domain/partitioner.ts';

// What Kafka's Java client computes for these texts (kafka-clients 4.3, Utils.murmur2).
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['abc', 479470107],
])('the hash of %s is the one of the Java client', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

describe('a key has the same partition', () => {
  const keys = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', minLength: 700, maxLength: 3_000 }));

  test('as text and as bytes, however long', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 64 }), (key, count) => {
        expect(partitionOf(key, count)).toBe(partitionOf(Buffer.from(key), count));
      }),
    );
    // Longer by its bytes alone: what is cut off would be hashed as if it were not there.
    const wide = '\u20ac'.repeat(700);
    expect(murmur2(Buffer.from(wide))).not.toBe(murmur2(Buffer.from(wide.slice(0, 682))));
    expect(partitionOf(wide, 1 << 30)).toBe(partitionOf(Buffer.from(wide), 1 << 30));
  });

  test('as the client library that other services use gives it', () => {
    const ofClient = Partitioners.DefaultPartitioner();
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 64 }), (key, count) => {
        const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
          partitionErrorCode: 0,
          partitionId,
          leader: 1,
          replicas: [1],
          isr: [1],
        }));
        expect(partitionOf(key, count)).toBe(
          ofClient({ topic: 't', partitionMetadata, message: { key, value: null } }),
        );
      }),
    );
  });
});
