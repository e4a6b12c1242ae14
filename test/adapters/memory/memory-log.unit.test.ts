import { expect, test } from '@jest/globals';
import { MemoryLog } from '../../../src/adapters/memory/memory-log.ts';
import { partitionsContract } from '../../contracts/partitions.ts';

partitionsContract('in memory', () => {
  const log = new MemoryLog(6, () => Date.now());
  return Promise.resolve({
    writer: log,
    group: log,
    outputs: log,
    readAll: (topic) => Promise.resolve(log.read(topic)),
    close: () => Promise.resolve(),
  });
});

test("eight writers at once: each record is read once, none takes another's, and what was read is not kept (D-79)", async () => {
  const log = new MemoryLog(1, () => 0, { keepRead: false });
  const session = await log.open(0);
  await session.fence();
  const reader = log.reader(0);
  await reader.seek('earliest');
  const texts = Array.from({ length: 8 }, (_, writer) => Array.from({ length: 50 }, (_, at) => `${writer}-${at}`));
  const write = async (mine: readonly string[]): Promise<void> => {
    for (const text of mine)
      await log.append([{ topic: 'mmm.signals', key: 'k', value: Buffer.from(text), headers: {} }]);
  };
  const writing = Promise.all(texts.map(write));
  const seen: string[] = [];
  while (seen.length < 400) {
    const records = await reader.take(7, 1_000);
    seen.push(...records.map(({ value }) => Buffer.from(value!).toString()));
    const inputNext = records.at(-1)!.offset + 1n;
    await session.publish({ records: [], inputNext, cursor: 0n });
  }
  await writing;
  for (const [writer, mine] of texts.entries())
    expect(seen.filter((text) => text.startsWith(`${writer}-`))).toEqual(mine);
  expect(log.read('mmm.signals')).toEqual([]);
});
