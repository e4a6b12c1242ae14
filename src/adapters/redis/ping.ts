import { Redis } from 'ioredis';
import { causeCode, MmmError } from '../../errors.ts';

const LIMIT_MS = 3_000;

/** The first word of what Redis refuses with is its code (NOAUTH, WRONGPASS, NOPERM). */
const replyCode = (error: unknown): { readonly code?: string } => {
  const [, code] =
    error instanceof Error && error.name === 'ReplyError' ? (/^([A-Z]+) /.exec(error.message) ?? []) : [];
  return code === undefined ? {} : { code };
};

/** How long Redis took to answer, in ms. Throws CACHE_UNAVAILABLE. */
export const pingRedis = async (url: string): Promise<number> => {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: LIMIT_MS,
    commandTimeout: LIMIT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The calls below reject with no more than "closed"; why is told here, and without a listener to the console.
  let reason: unknown = null;
  redis.on('error', (error: unknown) => {
    reason = error;
  });
  const started = performance.now();
  try {
    await redis.connect();
    await redis.ping();
    return Math.round(performance.now() - started);
  } catch (error) {
    const cause = reason ?? error;
    throw new MmmError('CACHE_UNAVAILABLE', undefined, {
      cause,
      details: { ...causeCode(cause), ...replyCode(cause) },
    });
  } finally {
    redis.disconnect();
  }
};
