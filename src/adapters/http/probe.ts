import { once } from 'node:events';
import { createServer } from 'node:net';

const ANSWER_LIMIT_MS = 2_000;

/** True if this process could listen there now. Port 0 is always free. */
export const portIsFree = async (host: string, port: number): Promise<boolean> => {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
};

/** True if `path` answers there as ours does: health with status ok, metrics with our names. */
export const answersLikeOurs = async (
  host: string,
  port: number,
  path: '/v1/mmm/health' | '/v1/mmm/metrics',
): Promise<boolean> => {
  // Listening on every address, it answers on the loopback one.
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}${path}`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    const text = await answer.text();
    return answer.ok && (path === '/v1/mmm/health' ? text === '{"status":"ok"}' : text.includes('\nmmm_'));
  } catch (error) {
    // fetch gives TypeError for no connection and DOMException for no answer in time: both are "not ours".
    if (error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
};
