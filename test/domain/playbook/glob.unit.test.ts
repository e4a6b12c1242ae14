import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileGlob } from '../../../src/domain/playbook/glob.ts';

/** The same meaning as a regular expression; only for short texts, as it backtracks. */
const asRegExp = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*{2,}/g, '\u0000')
      .replace(/\*/g, '[^/]*')
      .replace(/\u0000/g, '.*')
      .replace(/\?/g, '[^/]')}$`,
    's',
  );

test('a glob means what its regular expression means', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 8 });
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?', '.'), maxLength: 8 });
  fc.assert(
    fc.property(glob, text, (pattern, value) => {
      expect(compileGlob(pattern).matches(value)).toBe(asRegExp(pattern).test(value));
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  ['org/*', 'org/app', true],
  ['org/*', 'org/app/sub', false],
  ['org/**', 'org/app/sub', true],
  ['org/app', 'org/app', true],
  ['org/app', 'org/apple', false],
  ['*', 'app', true],
])('%s and %s: %s', (glob, text, matches) => {
  expect(compileGlob(glob).matches(text)).toBe(matches);
});

test('many stars against a long text end', () => {
  expect(compileGlob('*a'.repeat(60) + 'b').matches('a'.repeat(255))).toBe(false);
});
