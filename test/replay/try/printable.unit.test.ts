import { expect, test } from '@jest/globals';
import { escaped } from '../../../src/replay/try/html-text.ts';
import { printable, printableJson } from '../../../src/replay/try/printable.ts';

const HOSTILE = 'a\u001b[2J\u0007\r\n\u009b31m\u202eb\u200d\ud800c';

test('nothing that a terminal obeys is left; letters of all scripts and emoji stay', () => {
  expect(printable(HOSTILE)).toBe('a?[2J????31m?b??c');
  expect(printable('d\u00e9j\u00e0 \u65e5\u672c \u{1f600}')).toBe('d\u00e9j\u00e0 \u65e5\u672c \u{1f600}');
});

test('JSON gives the very same values back, and is safe to look at', () => {
  const text = printableJson({ name: HOSTILE });
  expect(JSON.parse(text)).toEqual({ name: HOSTILE });
  expect(printable(text)).toBe(text);
});

test('markup of a stranger is text, inside an element and inside an attribute', () => {
  expect(escaped(`"><script>alert('1')&\u202e`)).toBe('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&amp;?');
});
