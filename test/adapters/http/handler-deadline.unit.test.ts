import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Fastify from 'fastify';
import { createErrorSender } from '../../../src/adapters/http/error-reply.ts';
import { answerWithin } from '../../../src/adapters/http/handler-deadline.ts';
import { quietLogger } from '../../pipeline/harness.ts';

const LIMIT_MS = 100;
const app = Fastify();
answerWithin(app, LIMIT_MS);
const send = createErrorSender({ clock: { now: () => 0, monotonicMs: () => 0 }, logger: quietLogger });
app.setErrorHandler((error, request, reply) => send(error, request, reply));
app.post('/hangs', async () => await new Promise(() => undefined));
app.post('/answers', async () => await Promise.resolve({ ok: true }));
let url: string;
beforeAll(async () => {
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  app.server.closeAllConnections();
  await app.close();
});

const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };

test('a handler that hangs is answered with 503 and the usual error', async () => {
  const reply = await fetch(`${url}/hangs`, json);
  expect([reply.status, await reply.json()]).toMatchObject([503, { error: { code: 'DEPENDENCY_UNAVAILABLE' } }]);
  expect(reply.headers.get('retry-after')).not.toBeNull();
});

test('a handler that answers is not touched', async () => {
  const reply = await fetch(`${url}/answers`, json);
  expect([reply.status, await reply.json()]).toEqual([200, { ok: true }]);
});

test('the time in which a body arrives is not the handler`s', async () => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('POST /answers HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{');
  await new Promise((resolve) => setTimeout(resolve, 3 * LIMIT_MS));
  socket.write('}');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 200 /);
  socket.destroy();
});
