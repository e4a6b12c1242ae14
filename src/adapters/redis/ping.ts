import { Redis } from 'ioredis';
import { MmmError } from '../../errors.ts';

const LIMIT_MS = 3_000;

/** How long Redis took to answer, in ms. Throws CACHE_UNAVAILABLE. */
export const pingRedis = async (url: string): Promise<number> => {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: LIMIT_MS,
    commandTimeout: LIMIT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // What fails is thrown by the calls below; without a listener the client writes it to the console.
  redis.on('error', () => undefined);
  const started = performance.now();
  try {
    await redis.connect();
    await redis.ping();
    return Math.round(performance.now() - started);
  } catch (error) {
    throw new MmmError('CACHE_UNAVAILABLE', undefined, { cause: error });
  } finally {
    redis.disconnect();
  }
};
