import pg from 'pg';
import type { Logger } from '../../pipeline/ports/logger.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
/** Channels are names of ours; quoted nowhere, so checked here. */
const CHANNEL = /^[a-z_]+$/;

type Callback = (payload: string | null) => void;

export interface Listener {
  listen(channel: string, callback: Callback): () => void;
  close(): Promise<void>;
}

/**
 * One connection for all LISTENs, made anew when it breaks. After each new connection every callback gets null, because what was sent
 * while nobody listened is gone: whoever must not miss anything reads again.
 */
export const openListener = (config: pg.ClientConfig, logger: Logger): Listener => {
  const callbacks = new Map<string, Set<Callback>>();
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let retryMs = FIRST_RETRY_MS;
  let closed = false;
  let connecting: Promise<void> | null = null;

  const call = (channel: string, payload: string | null): void => {
    for (const callback of callbacks.get(channel) ?? []) callback(payload);
  };

  const again = (): void => {
    if (closed || timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      connect();
    }, retryMs);
    timer.unref();
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  };

  const lost = (which: pg.Client, error: unknown): void => {
    if (client !== which) return;
    client = null;
    if (!closed) logger.warn('database_listener_lost', { error });
    which.removeAllListeners();
    // Errors after this one (end() on a broken socket) have no one left to tell.
    which.on('error', () => undefined);
    void which.end().catch(() => undefined);
    again();
  };

  const open = async (mine: pg.Client): Promise<void> => {
    try {
      await mine.connect();
      for (const channel of callbacks.keys()) await mine.query(`LISTEN ${channel}`);
      retryMs = FIRST_RETRY_MS;
      for (const channel of callbacks.keys()) call(channel, null);
    } catch (error) {
      lost(mine, error);
    }
  };

  const connect = (): void => {
    if (closed || client !== null) return;
    const mine = new pg.Client(config);
    client = mine;
    mine.on('error', (error) => lost(mine, error));
    mine.on('end', () => lost(mine, undefined));
    mine.on('notification', (message) => call(message.channel, message.payload ?? ''));
    connecting = open(mine);
  };

  return {
    listen(channel, callback) {
      if (!CHANNEL.test(channel)) throw new RangeError(`not a channel name: ${channel}`);
      const known = callbacks.get(channel);
      if (known === undefined) callbacks.set(channel, new Set([callback]));
      else known.add(callback);
      const mine = client;
      if (mine === null) connect();
      else if (known === undefined) {
        // While the connection is being made, `open` sends this LISTEN itself or this one is queued behind it: twice is harmless.
        void mine.query(`LISTEN ${channel}`).then(
          () => callback(null),
          (error: unknown) => lost(mine, error),
        );
      }
      return () => {
        callbacks.get(channel)?.delete(callback);
      };
    },
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await connecting;
      const mine = client;
      client = null;
      mine?.removeAllListeners();
      mine?.on('error', () => undefined);
      await mine?.end();
    },
  };
};
