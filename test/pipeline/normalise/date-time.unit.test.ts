import { expect, test } from '@jest/globals';
import { parseDateTime } from '../../../src/pipeline/normalise/date-time.ts';

test.each([
  ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z', true],
  ['2026-01-02T03:04:05.123456+05:30', '2026-01-01T21:34:05.123Z', true],
  ['2026-01-02t03:04:05.5-0100', '2026-01-02T04:04:05.500Z', true],
  ['2026-01-02 03:04:05', '2026-01-02T03:04:05.000Z', false],
  ['2026-01-02T03:04:05.123456', '2026-01-02T03:04:05.123Z', false],
  ['2024-02-29T23:59:60Z', '2024-03-01T00:00:00.000Z', true],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z', true],
])('%s is %s', (text, iso, zoned) => {
  const time = parseDateTime(text);
  expect(new Date(time?.ms ?? NaN).toISOString()).toBe(iso);
  expect(time?.zoned).toBe(zoned);
});

test.each([
  '',
  'now',
  '2026-01-02',
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-02T24:00:00Z',
  '2026-01-02T00:60:00Z',
  '2026-01-02T00:00:61Z',
  '2026-01-02T00:00:00+24:00',
  '0000-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
  '1767312000',
  ' 2026-01-02T03:04:05Z',
  '2026-01-02T03:04:05Zx',
])('%j is no date-time', (text) => expect(parseDateTime(text)).toBeNull());
