import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { v5 } from 'uuid';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';

test('ids are UUIDv5 in the name space of their kind, as any other library makes them (interface 3)', () => {
  fc.assert(
    fc.property(fc.constantFrom('signal', 'decision', 'card'), fc.string({ unit: 'binary' }), (kind, name) => {
      expect(uuidIds.uuid5(kind, name)).toBe(v5(Buffer.from(name, 'utf8'), v5(`urn:mmm-engine:${kind}`, v5.URL)));
    }),
  );
});

test('digests are lower-case hex SHA-256 of the UTF-8 text', () => {
  expect(uuidIds.sha256('\u00e9')).toBe(createHash('sha256').update('\u00e9', 'utf8').digest('hex'));
});
