import { expect, test } from '@jest/globals';
import { median, percentile, spreadOf } from '../../../src/entrypoints/bench/statistics.ts';

const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);

test('percentiles are nearest rank, whatever the order', () => {
  expect([0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([50, 95, 99, 100]);
  expect(percentile([7], 0.99)).toBe(7);
});

test('the median of an even number lies between the two in the middle', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
});
