import { expect, test } from '@jest/globals';
import type { MemoryJournal } from '../../../src/adapters/memory/memory-journal.ts';
import { ActorMemory } from '../../../src/pipeline/decide/actor-memory.ts';
import { decideBatch } from '../../../src/pipeline/decide/decide-batch.ts';
import type { MmmSignalInput } from '../../../src/generated/records.ts';
import { journalWith } from '../../sim/journal-with.ts';
import { DecideHarness, NOON_MS, NOTICE_PUSH, push, rulesWith } from '../harness.ts';

/** One session's batches, with how many signals it looked for in the journal before each commit. */
class Session {
  readonly harness = new DecideHarness(rulesWith([NOTICE_PUSH]), 1);
  readonly journal: MemoryJournal = this.harness.journal;
  looked: number[] = [];
  readonly #memory = new ActorMemory(this.journal, this.harness.cache);
  #epoch: bigint | null = null;

  async decide(...signals: MmmSignalInput[]): Promise<{ decided: string[]; copies: string[] }> {
    this.#epoch ??= (await this.journal.openShard(0)).epoch;
    this.looked = [];
    const journal = journalWith(this.journal, {
      knownSignals: (asked) => {
        this.looked.push(asked.length);
        return this.journal.knownSignals(asked);
      },
    });
    const deps = { ...this.harness.deps, journal };
    const { decided, duplicates } = await decideBatch(deps, this.#memory, { shard: 0, epoch: this.#epoch }, signals);
    return { decided: decided.map((one) => one.signal.signal_id), copies: duplicates.map((one) => one.signal_id) };
  }
}

test('a session looks for copies in its first batch, and no more once a batch had none', async () => {
  const session = new Session();
  await session.decide(push('a', '1'), push('b', '2'));
  expect(session.looked).toEqual([2]);
  await session.decide(push('a', '3'), push('b', '4'));
  expect(session.looked).toEqual([0]);
});

test('a copy that nobody looked for is refused by the commit, and what came with it is decided', async () => {
  const session = new Session();
  const [copy, next, other] = [push('a', '1'), push('a', '3'), push('b', '4')];
  await session.decide(copy, push('b', '2'));
  expect(await session.decide(copy, next, other)).toEqual({
    decided: [other.signal_id, next.signal_id],
    copies: [copy.signal_id],
  });
  expect(session.looked).toEqual([0, 2]);
});

test('after a batch with copies the next one is looked at first', async () => {
  const session = new Session();
  await session.decide(push('a', '1'), push('b', '2'));
  await session.decide(push('a', '1'));
  await session.decide(push('b', '2'), push('b', '3'));
  expect(session.looked).toEqual([2]);
  await session.decide(push('b', '5'));
  await session.decide(push('b', '6'));
  expect(session.looked).toEqual([0]);
});

test('what happened more than a week ago is looked for always: its journal row may be gone while its decision is not', async () => {
  const session = new Session();
  await session.decide(push('a', '1'));
  const old = push('a', 'old', { occurred_at: new Date(NOON_MS - 8 * 86_400_000).toISOString() });
  await session.decide(old, push('a', '2'));
  expect(session.looked).toEqual([1]);
});
