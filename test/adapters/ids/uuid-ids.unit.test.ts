import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { v5 } from 'uuid';
import { idFrom, type IdPart } from '../../../src/domain/ids.ts';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';

const names = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'binary', minLength: 1_300, maxLength: 6_000 }),
);

test('ids are UUIDv5 in the name space of their kind, as any other library makes them (interface 3)', () => {
  fc.assert(
    fc.property(fc.constantFrom('signal', 'decision', 'card'), names, (kind, name) => {
      expect(uuidIds.uuid5(kind, name)).toBe(v5(Buffer.from(name, 'utf8'), v5(`urn:mmm-engine:${kind}`, v5.URL)));
    }),
  );
});

// Computed with Python's uuid module: uuid5(uuid5(NAMESPACE_URL, 'urn:mmm-engine:<kind>'), compact JSON array of the parts).
test.each<[string, IdPart[], string]>([
  ['signal', ['pm3', 'demo', 's-1'], '0ffa4ab7-2c47-5730-9832-526c6bb374bb'],
  ['signal', ['ubi', 'demo', 's-1'], '876330be-e538-5adb-a6ed-5455f91a2c4d'],
  ['signal', ['pm3.signals.normalized', 3, '42', 1767225600000], 'e41ccbb0-56f2-5388-a145-5bdcf3c262d3'],
  ['signal', ['http', 'demo', 'dev1', 'key 1'], '6ca11ccf-ec4d-5127-b2ea-5f9049cbe254'],
  ['signal', ['trigger', 't|1', '{"a"}\u00e9'], '261a00dd-00ea-5290-9c22-71116875cc8d'],
  ['decision', ['0ffa4ab7-2c47-5730-9832-526c6bb374bb'], '36e188c8-52e2-55f6-82ca-313aad812432'],
  ['action', ['36e188c8-52e2-55f6-82ca-313aad812432', 'tests-missing', 1, 0], '261bf9cf-efb3-558f-b9e9-db7aea22fc41'],
  ['delivery', ['261bf9cf-efb3-558f-b9e9-db7aea22fc41', 'ide'], '9655c62c-ce18-52a3-80f6-65a83a08a086'],
  ['card', ['demo', 'dev1', 'tests-missing', 'file:a.ts', 'ide'], '260f8853-19d5-5fd7-b33e-742e90d6e694'],
])('the id of kind %s from these parts is what another language computes (interface 3)', (kind, parts, id) => {
  expect(idFrom(uuidIds, kind, parts)).toBe(id);
});

test('digests are lower-case hex SHA-256 of the UTF-8 text', () => {
  expect(uuidIds.sha256('\u00e9')).toBe(createHash('sha256').update('\u00e9', 'utf8').digest('hex'));
});
