import { describe, expect, test } from '@jest/globals';
import { PartitionBuffer } from '../../../src/adapters/kafka/partition-buffer.ts';

const run = (first: number, last: number, size = 10) => ({
  first: BigInt(first),
  last: BigInt(last),
  records: Array.from({ length: last - first + 1 }, (_, i) => ({
    offset: BigInt(first + i),
    key: null,
    value: Buffer.alloc(size),
    headers: {},
    timestampMs: 1_000 + first + i,
  })),
});
const openAt = (offset: bigint): PartitionBuffer => {
  const buffer = new PartitionBuffer();
  buffer.open(offset);
  return buffer;
};

describe('PartitionBuffer', () => {
  test('takes what follows, drops what it had, refuses what would leave a gap', () => {
    const buffer = openAt(5n);
    expect(buffer.offer(run(5, 9))).toBe('taken');
    expect(buffer.offer(run(5, 9))).toBe('known');
    expect(buffer.offer(run(7, 11))).toBe('taken');
    expect(buffer.offer(run(13, 14))).toBe('gap');
    expect(buffer.poll(100).map(({ offset }) => Number(offset))).toEqual([5, 6, 7, 8, 9, 10, 11]);
    expect(buffer.next).toBe(12n);
  });

  test('a run of control records only moves it on', () => {
    const buffer = openAt(5n);
    expect(buffer.offer({ first: 5n, last: 8n, records: [] })).toBe('taken');
    expect(buffer.offer(run(9, 9))).toBe('taken');
    expect(buffer.held).toBe(1);
  });

  test('closed it keeps nothing; opened elsewhere it forgets what it held', () => {
    const buffer = new PartitionBuffer();
    expect(buffer.offer(run(0, 3))).toBe('closed');
    buffer.open(0n);
    buffer.offer(run(0, 3));
    buffer.open(2n);
    expect(buffer.poll(10)).toEqual([]);
    expect(buffer.offer(run(2, 3))).toBe('taken');
  });

  test('is full by records or by bytes, and low again after enough was taken', () => {
    const many = openAt(0n);
    many.offer(run(0, 1_999));
    expect(many.full).toBe(true);
    many.poll(999);
    expect([many.full, many.low]).toEqual([false, false]);
    many.poll(1);
    expect(many.low).toBe(true);
    const large = openAt(0n);
    large.offer(run(0, 3, 1_048_576));
    expect(large.full).toBe(true);
    large.poll(2);
    expect(large.low).toBe(true);
  });

  test('a take waits for a record, and a wake from before it ends its wait', async () => {
    const buffer = openAt(0n);
    const waiting = buffer.take(10, 600_000);
    buffer.offer(run(0, 1));
    expect(await waiting).toHaveLength(2);
    buffer.wake();
    expect(await buffer.take(10, 600_000)).toEqual([]);
    expect(buffer.oldestTimestampMs).toBeNull();
  });

  test('a take that may not wait answers within the turn of the event loop and leaves a wake to one that does', async () => {
    const buffer = openAt(0n);
    buffer.wake();
    const order: string[] = [];
    const turn = new Promise<void>((resolve) => setImmediate(resolve)).then(() => order.push('turn'));
    const taken = buffer.take(10, 0).then((records) => order.push(`taken ${records.length}`));
    await Promise.all([turn, taken]);
    expect(order).toEqual(['taken 0', 'turn']);
    expect(await buffer.take(10, 600_000)).toEqual([]);
  });
});
