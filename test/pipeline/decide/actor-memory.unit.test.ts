import { expect, test } from '@jest/globals';
import { MemoryJournal } from '../../../src/adapters/memory/memory-journal.ts';
import { MemoryStateCache } from '../../../src/adapters/memory/memory-state-cache.ts';
import { emptyState, RECENT_MAX, type RecentSignal } from '../../../src/domain/actor-state.ts';
import type { ActorKey } from '../../../src/domain/ids.ts';
import { ActorMemory } from '../../../src/pipeline/decide/actor-memory.ts';

const recent: readonly RecentSignal[] = Array.from({ length: RECENT_MAX }, (_, atMs) => ({
  atMs,
  type: 'commit_pushed',
  repo: null,
  branch: null,
  file: null,
  subject: null,
}));

test('full states are dropped by what they hold, not by their number: 20,000 of them would be gigabytes', async () => {
  const journal = new MemoryJournal();
  const asked: ActorKey[] = [];
  const fold = journal.fold.bind(journal);
  journal.fold = (keys) => (asked.push(...keys), fold(keys));
  const cache = new MemoryStateCache();
  cache.putNewer = () => Promise.resolve();
  const memory = new ActorMemory(journal, cache);
  const keys = Array.from({ length: 3_000 }, (_, n) => ({ tenantId: 't', actorId: `a${n}` }));
  memory.advance(
    keys.map((key) => ({ key, version: 1, head: 'h', actorRef: null, state: { ...emptyState(null), recent } })),
  );
  await memory.standings(keys, 'nearest');
  const held = keys.length - asked.length;
  expect(held * RECENT_MAX).toBeLessThanOrEqual(400_000);
  expect(held).toBeGreaterThan(500);
  expect(asked).toEqual(keys.slice(0, asked.length));
  memory.forget(keys);
  const light = keys.map((key) => ({ key, version: 2, head: 'h', actorRef: null, state: emptyState(null) }));
  memory.advance(light);
  asked.length = 0;
  await memory.standings(keys, 'nearest');
  expect(asked).toEqual([]);
});
