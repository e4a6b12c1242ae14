import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeFor, plainNumber, plainValue } from '../../../src/domain/playbook/plain-text.ts';

const GAP = '\u200b';

describe('ci renders Markdown and HTML: both are escaped', () => {
  test.each([
    ['**bold** _x_ `code`', '\\*\\*bold\\*\\* \\_x\\_ \\`code\\`'],
    ['[a](b) ![c](d)', '\\[a\\](b) !\\[c\\](d)'],
    ['<img src=x> & more', '&lt;img src=x&gt; &amp; more'],
    ['@all see org/app#12', `@${GAP}all see org/app#${GAP}12`],
    ['https://evil.example www.evil.example', `:${GAP}//`],
    ['# heading\n- item\n1. one', `\\# heading\n\\- item\n1${GAP}. one`],
    ['src/a-b.ts, 3 files.', 'src/a-b.ts, 3 files.'],
  ])('%s', (text, escaped) => {
    expect(escapeFor('ci', text)).toContain(escaped);
  });
});

test('ide and alert show plain text: nothing is changed', () => {
  const text = '**a** <b> @c https://d';
  expect([escapeFor('ide', text), escapeFor('alert', text)]).toEqual([text, text]);
});

test('no text leaves a live mention, tag or link', () => {
  const parts = fc.constantFrom('@', 'a', '<', 'b', '>', '://', 'www.', '[', ']', '#', '1', '\n', ' ', '\\');
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 20 }), (some) => {
      const escaped = escapeFor('ci', some.join(''));
      expect(escaped).not.toMatch(/[<>]|@\w|:\/\/|www\.|(?<!\\)[[\]]|#\d/);
    }),
  );
});

test('a value is one printable line of at most 200 characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
      const value = plainValue(text);
      expect(Array.from(value).length).toBeLessThanOrEqual(200);
      expect(value).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});

test('a whole number is written as with two decimals that are then cut off', () => {
  const written = (value: number): string => value.toFixed(2).replace(/\.?0+$/, '');
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => plainNumber(value) === written(value)));
  expect([0, -0, 7, -7, 1e15, 2 ** 53, 2 ** 60].map(plainNumber)).toEqual([
    '0',
    '0',
    '7',
    '-7',
    '1000000000000000',
    '9007199254740992',
    '1152921504606846976',
  ]);
});
