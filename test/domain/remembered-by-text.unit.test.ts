import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rememberedByText } from '../../src/domain/remembered-by-text.ts';

test('kept or not, the answer is the one that the text has', () => {
  const texts = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.string({ maxLength: 3 })));
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 4 }), (asked, max) => {
      const known = rememberedByText(max, (text) => ({ of: text }));
      expect(asked.map((text) => known(text).of)).toEqual(asked);
    }),
  );
});

test('a text is computed once while it is kept, and no more are kept than may be', () => {
  const computed: string[] = [];
  const known = rememberedByText(2, (text) => {
    computed.push(text);
    return text.length;
  });
  for (const text of ['a', 'a', 'b', 'a', 'c', 'a']) known(text);
  expect(computed).toEqual(['a', 'b', 'c', 'a']);
});

test('a long text is computed anew: a thousand of them would be megabytes', () => {
  let computed = 0;
  const known = rememberedByText(2, (text) => {
    computed += 1;
    return text.length;
  });
  const long = 'x'.repeat(1_025);
  expect([known(long), known(long), computed]).toEqual([1_025, 1_025, 2]);
});
