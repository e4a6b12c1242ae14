import { expect, test } from '@jest/globals';
import { MicroBatchSize } from '../../../src/pipeline/decide/micro-batch-size.ts';

const after = (records: number, ms: number, batches = 30): number => {
  const size = new MicroBatchSize();
  for (let batch = 0; batch < batches; batch++) size.took(records, ms);
  return size.limit;
};

test('batches follow what 250 ms of work are, up to 500 records', () => {
  expect(after(100, 62.5)).toBeGreaterThan(390);
  expect(after(100, 62.5)).toBeLessThan(410);
  expect(after(500, 1)).toBe(500);
});

test('a machine that is busy makes no small batches', () => {
  expect(after(50, 500)).toBe(200);
});

test('an empty batch says nothing', () => {
  const size = new MicroBatchSize();
  const { limit } = size;
  size.took(0, 1_000);
  expect(size.limit).toBe(limit);
});
