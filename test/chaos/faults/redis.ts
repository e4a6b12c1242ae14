import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { probe, published, recovered } from '../recovery.ts';
import type { Site } from '../site.ts';
import type { Fault } from './fault.ts';

const AWAY_MS = 4_000;
const SLOW_MS = 600;
const PAUSE_MS = 3_000;

/** Signals of people who may get two cards a day, so that a state that forgets one would let a third through. */
const cappedSignals = async (site: Site, round: string): Promise<void> => {
  const planned = Array.from({ length: 6 }, (_, n) => site.plan.signal('capped', Date.now(), `older-${round}-${n}`));
  site.generator.put(planned);
  await published(site, [...planned, ...probe(site)]);
};

const olderFile: Fault = {
  name: 'redis-older',
  what: 'Redis is started again from an older file between two signals of one actor',
  seconds: 15,
  inject: async (site) => {
    const server = site.stack.parts.redis!;
    const data = join(site.options.dataDir, 'redis');
    const older = join(site.options.dataDir, 'redis-older');
    const round = String(site.plan.sent.length);
    await cappedSignals(site, round);
    await server.stop();
    await cp(data, older, { recursive: true });
    await server.restart();
    await cappedSignals(site, round);
    await server.stop();
    await rm(data, { recursive: true });
    await cp(older, data, { recursive: true });
    await rm(older, { recursive: true });
    await server.restart();
    const backAt = performance.now();
    await cappedSignals(site, round);
    return performance.now() - backAt;
  },
};

export const REDIS_FAULTS: readonly Fault[] = [
  olderFile,
  {
    name: 'redis-wiped',
    what: 'FLUSHALL',
    seconds: 4,
    inject: async (site) => {
      await site.redis.flushall();
      return await recovered(site, performance.now());
    },
  },
  {
    name: 'redis-paused',
    what: `CLIENT PAUSE ${PAUSE_MS}`,
    seconds: 8,
    inject: async (site) => {
      await site.redis.call('CLIENT', 'PAUSE', String(PAUSE_MS));
      const pausedAt = performance.now();
      return await recovered(site, pausedAt);
    },
  },
  {
    name: 'redis-slow',
    what: `each answer of Redis comes ${SLOW_MS} ms late`,
    seconds: 10,
    inject: async (site) => {
      site.redisWay.slow(SLOW_MS);
      const slowAt = performance.now();
      const recoveryMs = await recovered(site, slowAt);
      // Cut before it is fast again: answers still under way would come behind later ones.
      await site.redisWay.cut();
      site.redisWay.slow(0);
      await site.redisWay.open();
      return recoveryMs;
    },
  },
  {
    name: 'redis-stop',
    what: `Redis is stopped for ${AWAY_MS / 1_000} s: states come from PostgreSQL`,
    seconds: 12,
    inject: async (site) => {
      await site.stack.parts.redis!.stop();
      const recoveryMs = await recovered(site, performance.now());
      await delay(AWAY_MS);
      await site.stack.parts.redis!.restart();
      await recovered(site, performance.now());
      return recoveryMs;
    },
  },
];
