import { expect, test } from '@jest/globals';
import { MemoryJournal } from '../../../src/adapters/memory/memory-journal.ts';
import { MemoryLog } from '../../../src/adapters/memory/memory-log.ts';
import type { OutputRecord } from '../../../src/pipeline/ports/records.ts';
import { Publisher } from '../../../src/pipeline/publish/publisher.ts';
import { journalWith } from '../../sim/journal-with.ts';

const record: OutputRecord = { topic: 'mmm.decisions', key: 'k', value: Buffer.from('v'), headers: {} };

class Setting {
  readonly journal = new MemoryJournal();
  readonly told: bigint[] = [];
  nowMs = 0;
  #number = 0n;

  /** Commits one row and publishes it. */
  async publishOne(publisher: Publisher, epoch: bigint): Promise<void> {
    this.#number += 1n;
    const actor = {
      key: { tenantId: 't', actorId: `a${this.#number}` },
      version: 0,
      head: '',
      newHead: 'h',
      newReceiptKey: null,
      entries: [],
      recorded: [],
      decisions: [],
      outbox: [record],
    };
    await this.journal.commit({ shard: 0, epoch, actors: [actor] });
    const written = [{ first: this.#number, records: [record] }];
    await publisher.publish({ written, upto: this.#number, inputNext: this.#number, deadLetters: [] });
  }

  async publisher(): Promise<{ publisher: Publisher; epoch: bigint }> {
    const log = new MemoryLog(1, () => 0);
    const { epoch } = await this.journal.openShard(0);
    const output = await log.open(0);
    await output.fence();
    const journal = journalWith(this.journal, {
      published: (shard, of, upto) => {
        this.told.push(upto);
        return this.journal.published(shard, of, upto);
      },
    });
    const clock = { monotonicMs: () => this.nowMs };
    return { publisher: new Publisher({ shard: 0, epoch, journal, output, clock }, 0n), epoch };
  }
}

test('after a publication without rows, the journal still hears how far publishing has come', async () => {
  const setting = new Setting();
  const { publisher, epoch } = await setting.publisher();
  await publisher.publish({ written: [], upto: 0n, inputNext: 1n, deadLetters: [] });
  await setting.publishOne(publisher, epoch);
  await publisher.settle();
  expect((await setting.journal.openShard(0)).publishedUpto).toBe(1n);
});

test('while commits come and take it along, the journal is told by a call of its own every five seconds only', async () => {
  const setting = new Setting();
  const { publisher, epoch } = await setting.publisher();
  for (; setting.nowMs < 12_000; setting.nowMs += 1_000) await setting.publishOne(publisher, epoch);
  expect(setting.told).toEqual([6n, 11n]);
});

test('with nothing to publish the journal is told at once, and once', async () => {
  const setting = new Setting();
  const { publisher, epoch } = await setting.publisher();
  await setting.publishOne(publisher, epoch);
  expect(setting.told).toEqual([]);
  for (let look = 0; look < 3; look++)
    await publisher.publish({ written: [], upto: null, inputNext: null, deadLetters: [] });
  expect(setting.told).toEqual([1n]);
});
