import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisStateCache } from '../../../src/adapters/redis/redis-state-cache.ts';
import { stateCacheContract } from '../../contracts/state-cache.ts';
import { startPrivateStack, testStack, uniqueName } from '../../infra/stack.ts';
import { noMetrics, quietLogger } from '../../pipeline/harness.ts';

const open = async (url: string, namespace: string): Promise<RedisStateCache> => {
  const cache = new RedisStateCache(url, namespace, quietLogger, noMetrics);
  await cache.connect();
  return cache;
};

stateCacheContract('Redis', () => open(testStack().redisUrl, uniqueName('cache')));

const key = { tenantId: 'acme', actorId: 'dev1' };
const state = {
  key,
  version: 3,
  head: 'h',
  actorRef: null,
  state: { chain: '', profile: null, recent: [], sent: [], waiting: [], cards: [], dismissals: [] },
};

describe('Redis state cache', () => {
  const namespace = uniqueName('cache');
  let cache: RedisStateCache;
  let redis: Redis;
  beforeAll(async () => {
    cache = await open(testStack().redisUrl, namespace);
    redis = new Redis(testStack().redisUrl);
  });
  afterAll(async () => {
    await cache.close();
    redis.disconnect();
  });

  test('the key is that of the interface and expires (R-103, C-21)', async () => {
    await cache.putNewer([state]);
    const ttl = await redis.pttl(`${namespace}mmm:fatigue:{acme|dev1}`);
    expect(ttl).toBeGreaterThan(29 * 86_400_000);
    expect(ttl).toBeLessThanOrEqual(30 * 86_400_000);
  });

  test.each(['', 'rubbish', '3 ', '3 {}', '3 [99]', '0 [1]', 'x [1,2,3]'])(
    'rubbish in the key (%j) reads as absent',
    async (rubbish) => {
      await redis.set(`${namespace}mmm:fatigue:{acme|rubbish}`, rubbish);
      expect(await cache.get([{ tenantId: 'acme', actorId: 'rubbish' }])).toEqual([null]);
    },
  );

  test('a Redis that forgot its scripts on an open connection is told them again', async () => {
    const other = { ...state, key: { tenantId: 'acme', actorId: 'dev2' } };
    await cache.putNewer([state]);
    await redis.script('FLUSH');
    await cache.putNewer([{ ...state, version: 4 }, other]);
    expect(await cache.get([key, other.key])).toEqual([{ ...state, version: 4 }, other]);
  });

  test('rubbish is replaced by the next state', async () => {
    await redis.set(`${namespace}mmm:fatigue:{acme|dev1}`, 'rubbish');
    await cache.putNewer([state]);
    expect(await cache.get([key])).toEqual([state]);
  });
});

describe('Redis away', () => {
  test('answers nulls and takes writes without rejecting, and is used again once it is back', async () => {
    const stack = await startPrivateStack(['redis']);
    const back = Promise.withResolvers<void>();
    const cache = new RedisStateCache(
      stack.env.REDIS_URL!,
      'ns',
      { ...quietLogger, info: (event) => event === 'redis_back' && back.resolve() },
      noMetrics,
    );
    try {
      await cache.connect();
      await cache.putNewer([state]);
      expect(cache.available()).toBe(true);
      await stack.parts.redis!.kill();
      for (let call = 0; call < 5; call++) {
        expect(await cache.get([key])).toEqual([null]);
        await cache.putNewer([state]);
      }
      expect(cache.available()).toBe(false);
      await stack.parts.redis!.restart();
      const asking = setInterval(() => void cache.get([key]), 100);
      await back.promise;
      clearInterval(asking);
      await cache.putNewer([state]);
      expect(await cache.get([key])).toEqual([state]);
    } finally {
      await cache.close();
      await stack.remove();
    }
  });
});
