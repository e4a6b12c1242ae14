import { expect, jest, test } from '@jest/globals';
import { MemoryStateCache } from '../../../src/adapters/memory/memory-state-cache.ts';
import { WriteBehindCache } from '../../../src/adapters/redis/write-behind-cache.ts';
import { emptyState } from '../../../src/domain/actor-state.ts';
import type { CachedState } from '../../../src/pipeline/ports/state-cache.ts';
import { stateCacheContract } from '../../contracts/state-cache.ts';

const NEVER_MS = 2 ** 30;

stateCacheContract('written behind, nothing written yet', () =>
  Promise.resolve(new WriteBehindCache(new MemoryStateCache(), NEVER_MS)),
);
stateCacheContract('written behind at once', () => Promise.resolve(new WriteBehindCache(new MemoryStateCache(), 0)));

const stateOf = (actorId: string, version: number): CachedState => ({
  key: { tenantId: 'acme', actorId },
  version,
  head: `head-${version}`,
  actorRef: null,
  state: emptyState(null),
});

/** What is behind, with each write noted. A write waits for `gate`. */
class Noted extends MemoryStateCache {
  readonly writes: (readonly CachedState[])[] = [];
  gate: Promise<void> = Promise.resolve();
  asked: () => void = () => undefined;
  written: () => void = () => undefined;

  override async putNewer(states: readonly CachedState[]): Promise<void> {
    this.asked();
    await this.gate;
    this.writes.push(states);
    await super.putNewer(states);
    this.written();
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

test('of many states of one actor the newest is written, once', async () => {
  const behind = new Noted();
  const cache = new WriteBehindCache(behind, NEVER_MS);
  for (const version of [1, 2, 4, 3]) await cache.putNewer([stateOf('dev', version)]);
  expect(behind.writes).toEqual([]);
  await cache.close();
  expect(behind.writes).toEqual([[stateOf('dev', 4)]]);
});

test('what comes while a write is under way is seen, and written by the next', async () => {
  const behind = new Noted();
  let open = (): void => undefined;
  behind.gate = new Promise((resolve) => (open = resolve));
  const asked = new Promise<void>((resolve) => (behind.asked = resolve));
  const both = new Promise<void>((resolve) => {
    behind.written = () => behind.writes.length === 2 && resolve();
  });
  const cache = new WriteBehindCache(behind, 0);
  await cache.putNewer([stateOf('dev', 1), stateOf('other', 1)]);
  await asked;
  await cache.putNewer([stateOf('dev', 2)]);
  const keys = [stateOf('dev', 1).key, stateOf('other', 1).key];
  expect((await cache.get(keys)).map((state) => state?.version)).toEqual([2, 1]);
  open();
  await both;
  expect(behind.writes).toEqual([[stateOf('dev', 1), stateOf('other', 1)], [stateOf('dev', 2)]]);
  expect((await behind.get(keys)).map((state) => state?.version)).toEqual([2, 1]);
  await cache.close();
});

test('nothing is written before its time, and a newer state does not put off the time of an actor', async () => {
  jest.useFakeTimers();
  try {
    const behind = new Noted();
    const cache = new WriteBehindCache(behind, 1_000);
    await cache.putNewer([stateOf('dev', 1)]);
    await jest.advanceTimersByTimeAsync(600);
    await cache.putNewer([stateOf('dev', 2), stateOf('other', 1)]);
    await jest.advanceTimersByTimeAsync(399);
    expect(behind.writes).toEqual([]);
    await jest.advanceTimersByTimeAsync(400);
    expect(behind.writes).toEqual([[stateOf('dev', 2)]]);
    await jest.advanceTimersByTimeAsync(400);
    expect(behind.writes).toEqual([[stateOf('dev', 2)], [stateOf('other', 1)]]);
    await cache.close();
  } finally {
    jest.useRealTimers();
  }
});
