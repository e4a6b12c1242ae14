import { Agent, get, request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createHttpServer, type HttpServer } from '../../../src/adapters/http/http-server.ts';
import { createMetricsServer } from '../../../src/adapters/http/metrics-server.ts';
import { PromMetrics } from '../../../src/adapters/telemetry/prom-metrics.ts';
import type { DecideNowAnswer } from '../../../src/pipeline/decide/decide-now.ts';
import { HttpHarness, tokenOf } from './harness.ts';

const free = { host: '127.0.0.1', port: 0, portVariable: 'MMM_HTTP_PORT' };
const agent = new Agent({ keepAlive: true });
const running: HttpServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  agent.destroy();
});

const serve = async (server: HttpServer): Promise<string> => {
  const { url } = await server.start();
  running.push(server);
  return url;
};

const reply = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get(url, { agent }, (response) => response.resume().on('end', () => resolve(response))).on('error', reject);
  });

test('stop does not wait for idle keep-alive connections', async () => {
  const server = createHttpServer({ ...new HttpHarness().deps, listenOn: free });
  const url = await serve(server);
  const response = await reply(`${url}/v1/mmm/health`);
  expect(response.headers.connection).toBe('keep-alive');
  expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
  await server.stop();
});

test('what was taken before the stop is answered, and then the connection ends', async () => {
  let taken: () => void = () => {};
  let answer: (answer: DecideNowAnswer) => void = () => {};
  const isTaken = new Promise<void>((resolve) => (taken = resolve));
  const decideNow = (): Promise<DecideNowAnswer> => {
    taken();
    return new Promise((resolve) => (answer = resolve));
  };
  const server = createHttpServer({ ...new HttpHarness({ decideNow }).deps, listenOn: free });
  const url = await serve(server);
  const headers = { authorization: `Bearer ${await tokenOf()}`, 'content-type': 'application/json' };
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request(`${url}/v1/mmm/decide`, { agent, method: 'POST', headers }, (got) =>
      got.resume().on('end', () => resolve(got)),
    )
      .on('error', reject)
      .end('{}');
  });
  await isTaken;
  const stopped = server.stop();
  answer({ result: 'no_match', decision: null, latencyWarning: false });
  expect((await response).statusCode).toBe(200);
  await stopped;
});

test('a taken port is PORT_IN_USE and names the variable', async () => {
  const first = await serve(createHttpServer({ ...new HttpHarness().deps, listenOn: free }));
  const port = Number(new URL(first).port);
  const second = createHttpServer({ ...new HttpHarness().deps, listenOn: { ...free, port } });
  await expect(second.start()).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: `port ${port} of 127.0.0.1 is taken; set MMM_HTTP_PORT`,
  });
  await second.stop();
});

test('what is not HTTP gets the error shape too', async () => {
  const url = new URL(await serve(createHttpServer({ ...new HttpHarness().deps, listenOn: free })));
  const said = await new Promise<string>((resolve, reject) => {
    let text = '';
    connect(Number(url.port), url.hostname, function (this: Socket) {
      this.write('BREW /pot COFFEE/1.0\r\n\r\n');
    })
      .on('data', (chunk) => (text += chunk.toString()))
      .on('close', () => resolve(text))
      .on('error', reject);
  });
  expect(said).toMatch(/^HTTP\/1\.1 400 /);
  expect(said).toContain('x-content-type-options: nosniff');
  const body = JSON.parse(said.slice(said.indexOf('\r\n\r\n'))) as { error: Record<string, unknown> };
  expect(body.error).toMatchObject({ code: 'BAD_REQUEST', retryable: false });
});

test('metrics have a server of their own, without a token and without a tenant', async () => {
  const metrics = new PromMetrics();
  metrics.records('intake', 'received', '', 3);
  const { clock, logger, randomId } = new HttpHarness().deps;
  const url = await serve(createMetricsServer({ clock, logger, randomId, registry: metrics.registry, listenOn: free }));
  for (const path of ['/metrics', '/v1/mmm/metrics']) {
    const response = await fetch(`${url}${path}`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const text = await response.text();
    expect(text).toContain('mmm_records_total{stage="intake",outcome="received",reason=""} 3');
    expect(text).not.toContain('tenant');
  }
  expect((await fetch(`${url}/v1/mmm/decisions`)).status).toBe(404);
});
