import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { MmmError } from '../../errors.ts';

/**
 * Below the kernel's range for outgoing connections (from 32768 on Linux). A port of that range can be taken by any outgoing
 * connection while its server is down between kill and restart, even by the client that tries to reconnect to it (TCP self-connect).
 */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;
const ATTEMPTS = 200;

/** True when nothing listens on 127.0.0.1:port. */
export const isFree = async (port: number): Promise<boolean> =>
  await new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });

/** A port that is free now and not in `taken`. */
export const freePort = async (taken: ReadonlySet<number>): Promise<number> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new MmmError('PORT_IN_USE', `no free port found between ${LOWEST_PORT} and ${HIGHEST_PORT}`);
};
