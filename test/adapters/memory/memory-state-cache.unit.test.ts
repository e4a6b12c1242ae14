import { expect, test } from '@jest/globals';
import { MemoryStateCache } from '../../../src/adapters/memory/memory-state-cache.ts';
import type { CachedState } from '../../../src/pipeline/ports/state-cache.ts';
import { stateCacheContract } from '../../contracts/state-cache.ts';

stateCacheContract('in process', () => Promise.resolve(new MemoryStateCache()));

const stateWith = (actorId: string, signals: number): CachedState => ({
  key: { tenantId: 'acme', actorId },
  version: 1,
  head: 'h',
  actorRef: null,
  state: {
    chain: '',
    profile: null,
    recent: Array.from({ length: signals }, (_, atMs) => ({
      atMs,
      type: 't',
      repo: null,
      branch: null,
      file: null,
      subject: null,
    })),
    sent: [],
    waiting: [],
    cards: [],
    dismissals: [],
  },
});

test('it is bounded by what the states hold, and the least recently used go first', async () => {
  const cache = new MemoryStateCache(300);
  const [a, b, c] = [stateWith('a', 100), stateWith('b', 100), stateWith('c', 100)];
  await cache.putNewer([a, b]);
  await cache.get([a.key]);
  await cache.putNewer([c]);
  expect(await cache.get([a.key, b.key, c.key])).toEqual([a, null, c]);
});
