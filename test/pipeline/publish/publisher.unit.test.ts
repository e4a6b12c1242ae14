import { expect, test } from '@jest/globals';
import { MemoryJournal } from '../../../src/adapters/memory/memory-journal.ts';
import { MemoryLog } from '../../../src/adapters/memory/memory-log.ts';
import type { OutputRecord } from '../../../src/pipeline/ports/records.ts';
import { Publisher } from '../../../src/pipeline/publish/publisher.ts';

const record: OutputRecord = { topic: 'mmm.decisions', key: 'k', value: Buffer.from('v'), headers: {} };

test('after a publication without rows, the journal still hears how far publishing has come', async () => {
  const journal = new MemoryJournal();
  const log = new MemoryLog(1, () => 0);
  const { epoch } = await journal.openShard(0);
  const output = await log.open(0);
  await output.fence();
  const publisher = new Publisher({ shard: 0, epoch, journal, output }, 0n);
  const actor = {
    key: { tenantId: 't', actorId: 'a' },
    version: 0,
    head: '',
    newHead: 'h',
    newReceiptKey: null,
    entries: [],
    recorded: [],
    decisions: [],
    outbox: [record],
  };

  await publisher.publish({ written: [], upto: 0n, inputNext: 1n, deadLetters: [] });
  await journal.commit({ shard: 0, epoch, actors: [actor] });
  await publisher.publish({ written: [{ first: 1n, records: [record] }], upto: 1n, inputNext: 2n, deadLetters: [] });
  await publisher.settle();
  expect((await journal.openShard(0)).publishedUpto).toBe(1n);
});
