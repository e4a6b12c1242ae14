import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clipped, hexLines, payloadLines, safeText } from '../../../src/admin/dead-letters/safe-text.ts';

test('nothing that a terminal obeys or hides gets through', () => {
  expect(safeText('a\u001b[31mred\r\n\t\u202e\u200b')).toBe(String.raw`a\u{1b}[31mred\r\n\t\u{202e}\u{200b}`);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array()), (content) => {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (const line of payloadLines(bytes, 64))
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});

test('a payload is shown up to the limit, and what is left is said', () => {
  expect(payloadLines(Buffer.from('one\ntwo'), 100)).toEqual(['one', 'two']);
  expect(payloadLines(Buffer.from('a\u00e9'), 2)).toEqual(['a', '... 1 more bytes (--bytes 3 shows all)']);
  expect(payloadLines(Buffer.from([0, 255, 65]), 2)).toEqual([
    '00000000  00 ff                                            ..',
    '... 1 more bytes (--bytes 3 shows all)',
  ]);
  expect(hexLines(Buffer.alloc(17)).map((line) => line.slice(0, 8))).toEqual(['00000000', '00000010']);
});

test('a cell keeps to its width', () => {
  expect(clipped('abcdef', 4)).toBe('abc\u2026');
  expect(clipped('abcd', 4)).toBe('abcd');
  expect(clipped('\u001b', 3)).toBe('\\u\u2026');
});
