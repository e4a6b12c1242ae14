import { expect, test } from '@jest/globals';
import { parseCount, parseFrom } from '../../../src/entrypoints/cli/consume.ts';

test('places and times', () => {
  expect(parseFrom('earliest')).toBe('earliest');
  expect(parseFrom('latest')).toBe('latest');
  expect(parseFrom('2026-03-01')).toEqual({ sinceMs: Date.UTC(2026, 2, 1) });
  expect(parseFrom('2026-03-01T09:30:00+05:30')).toEqual({ sinceMs: Date.UTC(2026, 2, 1, 4) });
});

test.each(['', 'yesterday', '2026-03-01T09:00:00', '2026-13-01', '12'])(
  '%j is refused: hours off would not be seen',
  (text) => {
    expect(() => parseFrom(text)).toThrow(expect.objectContaining({ code: 'commander.invalidArgument' }));
  },
);

test.each(['0', '-1', '1.5', 'x', ''])('a count of %j is refused', (text) => {
  expect(() => parseCount(text)).toThrow(expect.objectContaining({ code: 'commander.invalidArgument' }));
});
