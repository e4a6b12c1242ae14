import { describe, expect, test } from '@jest/globals';
import { HTTP_ERRORS } from '../../../src/adapters/http/error-status.ts';
import { ERRORS, type ErrorCode, MmmError } from '../../../src/errors.ts';
import { quietLogger } from '../../pipeline/harness.ts';
import { envelope, errorOf, HttpHarness, tokenOf } from './harness.ts';

const http = new HttpHarness();

describe('the status table', () => {
  test('has every code of the catalogue and no other', () => {
    expect(Object.keys(HTTP_ERRORS).sort()).toEqual(Object.keys(ERRORS).sort());
  });

  test('503 and 429 are retryable, every other status is not, except a slow client', () => {
    for (const [code, { status, shown }] of Object.entries(HTTP_ERRORS) as [
      ErrorCode,
      { status: number; shown?: ErrorCode },
    ][]) {
      const { retriable } = ERRORS[shown ?? code];
      expect([code, retriable]).toEqual([code, status === 503 || status === 429 || status === 408]);
    }
  });
});

describe('who gets in', () => {
  const protectedRoutes = [
    ['POST', '/v1/mmm/signals'],
    ['POST', '/v1/mmm/decide'],
    ['GET', '/v1/mmm/decisions'],
    ['GET', '/v1/mmm/decisions/x'],
    ['GET', '/v1/mmm/receipts/x'],
  ] as const;

  test.each(protectedRoutes)('%s %s without a token is 401, before the body is looked at', async (method, url) => {
    const body = method === 'POST' ? { payload: '{', headers: { 'content-type': 'application/json' } } : {};
    const reply = await http.inject({ method, url, ...body });
    expect(reply.statusCode).toBe(401);
    expect(reply.headers['www-authenticate']).toBe('Bearer');
    expect(errorOf(reply)).toMatchObject({ code: 'UNAUTHORIZED', retryable: false });
  });

  test('a good token without the word Bearer is no token (D-17)', async () => {
    const token = await tokenOf();
    for (const authorization of [token, `Token ${token}`, `Bearer${token}`, `Bearer ${token} x`, 'Bearer', 'Bearer ']) {
      const reply = await http.inject({ method: 'GET', url: '/v1/mmm/decisions', headers: { authorization } });
      expect(reply.statusCode).toBe(401);
    }
    const lower = await http.inject({
      method: 'GET',
      url: '/v1/mmm/decisions',
      headers: { authorization: `bearer ${token}` },
    });
    expect(lower.statusCode).toBe(200);
  });

  test('without keys the public routes answer and all others are 401', async () => {
    const closed = new HttpHarness({ verifyToken: null });
    for (const path of ['health', 'ready', 'openapi.json']) {
      expect((await closed.inject({ method: 'GET', url: `/v1/mmm/${path}` })).statusCode).toBe(200);
    }
    for (const [method, url] of protectedRoutes) {
      const headers = { authorization: `Bearer ${await tokenOf()}` };
      expect((await closed.inject({ method, url, headers })).statusCode).toBe(401);
    }
  });

  test('the token alone says who asks: the subject reads its own without naming itself (D-18)', async () => {
    await http.post('/v1/mmm/decide', { signal: envelope({ actor_id: 'me' }) }, await tokenOf({ sub: 'me' }));
    const page = (await http.get('/v1/mmm/decisions', await tokenOf({ sub: 'me' }))).json<{
      decisions: { actor_id: string }[];
    }>();
    expect(page.decisions.map((decision) => decision.actor_id)).toEqual(['me']);
  });

  test('metrics are not on the public port (D-19)', async () => {
    for (const url of ['/metrics', '/v1/mmm/metrics']) {
      expect((await http.get(url)).statusCode).toBe(404);
    }
  });
});

describe('one error shape', () => {
  const post = (
    payload: string | Buffer,
    contentType: string | null = 'application/json',
  ): ReturnType<HttpHarness['inject']> =>
    tokenOf().then((token) =>
      http.inject({
        method: 'POST',
        url: '/v1/mmm/decide',
        payload,
        headers: { authorization: `Bearer ${token}`, ...(contentType === null ? {} : { 'content-type': contentType }) },
      }),
    );

  test('404 for a route that is not there, 405 with Allow for a method that is not', async () => {
    const none = await http.inject({ method: 'GET', url: '/v1/mmm/nothing?x=1' });
    expect([none.statusCode, errorOf(none).code]).toEqual([404, 'RESOURCE_NOT_FOUND']);
    const wrong = await http.inject({ method: 'DELETE', url: '/v1/mmm/decisions/abc?x=1' });
    expect([wrong.statusCode, errorOf(wrong).code, wrong.headers.allow]).toEqual([
      405,
      'METHOD_NOT_ALLOWED',
      'GET, HEAD',
    ]);
  });

  test.each<[string, string | Buffer, string | null, number, ErrorCode]>([
    ['not JSON', '{', 'application/json', 422, 'VALIDATION_ERROR'],
    ['empty', '', 'application/json', 422, 'VALIDATION_ERROR'],
    ['no body at all', '', null, 422, 'VALIDATION_ERROR'],
    [
      'invalid UTF-8',
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      'application/json',
      422,
      'VALIDATION_ERROR',
    ],
    ['__proto__', '{"context":{"__proto__":{"x":1}}}', 'application/json', 422, 'VALIDATION_ERROR'],
    ['escaped __proto__', '{"\\u005f_proto__":{"x":1}}', 'application/json', 422, 'VALIDATION_ERROR'],
    ['constructor.prototype', '{"constructor":{"prototype":{}}}', 'application/json', 422, 'VALIDATION_ERROR'],
    ['100,000 levels deep', '['.repeat(100_000) + ']'.repeat(100_000), 'application/json', 422, 'VALIDATION_ERROR'],
    ['a form', 'a=1', 'application/x-www-form-urlencoded', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['text', '{}', 'text/plain', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['over 1 MB', `{"x":"${'a'.repeat(1_048_576)}"}`, 'application/json', 413, 'PAYLOAD_TOO_LARGE'],
  ])('%s', async (_name, payload, contentType, status, code) => {
    const reply = await post(payload, contentType);
    expect([reply.statusCode, errorOf(reply).code]).toEqual([status, code]);
  });

  test('an address that can not be decoded', async () => {
    const reply = await http.inject({ method: 'GET', url: '/v1/mmm/decisions/%E0%A4%A' });
    expect([reply.statusCode, errorOf(reply).code]).toEqual([422, 'VALIDATION_ERROR']);
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
  });

  test('a fault of ours says nothing of its insides, and is in the log with its request id', async () => {
    const logged: Record<string, unknown>[] = [];
    const logger = {
      ...quietLogger,
      error: (event: string, fields: Record<string, unknown> = {}) => void logged.push({ event, ...fields }),
    };
    const broken = new HttpHarness({
      logger,
      decideNow: () => Promise.reject(new TypeError('password=x at 10.0.0.7')),
    });
    const reply = await broken.post('/v1/mmm/decide', {});
    expect(reply.statusCode).toBe(500);
    expect(errorOf(reply)).toMatchObject({
      code: 'INTERNAL_ERROR',
      message: ERRORS.INTERNAL_ERROR.meaning,
      retryable: false,
    });
    expect(reply.body).not.toMatch(/password|10\.0\.0\.7|TypeError/);
    expect(logged).toMatchObject([{ event: 'http_fault', request_id: reply.headers['x-request-id'] }]);
  });
});

test.each<[ErrorCode, ErrorCode]>([
  ['DATABASE_UNAVAILABLE', 'DEPENDENCY_UNAVAILABLE'],
  ['OUTPUT_TOO_LARGE', 'INTERNAL_ERROR'],
])('%s is shown as %s, with none of its own words', async (code, shown) => {
  const error = new MmmError(code, 'postgres at 10.0.0.7', { details: { host: '10.0.0.7' } });
  const reply = await new HttpHarness({ decideNow: () => Promise.reject(error) }).post('/v1/mmm/decide', {});
  expect(errorOf(reply)).toMatchObject({ code: shown, message: ERRORS[shown].meaning });
  expect(reply.body).not.toContain('10.0.0.7');
});

test('every reply has the security headers, its own request id, and no CORS and no server name', async () => {
  const replies = [
    await http.inject({
      method: 'GET',
      url: '/v1/mmm/health',
      headers: { origin: 'https://else.test', 'x-request-id': 'mine' },
    }),
    await http.inject({ method: 'GET', url: '/none' }),
    await http.inject({ method: 'OPTIONS', url: '/v1/mmm/decide', headers: { origin: 'https://else.test' } }),
    await http.get('/v1/mmm/decisions'),
  ];
  for (const { headers } of replies) {
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
    expect(
      Object.keys(headers).filter(
        (name) => name.startsWith('access-control') || name === 'server' || name === 'x-powered-by',
      ),
    ).toEqual([]);
  }
  expect(new Set(replies.map(({ headers }) => headers['x-request-id'])).size).toBe(4);
  expect(replies[0]?.headers['x-request-id']).not.toBe('mine');
});

test('ready is 503 without detail when something is away', async () => {
  const reply = await new HttpHarness({ ready: () => Promise.resolve(false) }).inject({
    method: 'GET',
    url: '/v1/mmm/ready',
  });
  expect(reply.statusCode).toBe(503);
  expect(errorOf(reply)).toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
  expect(Object.keys(reply.json())).toEqual(['status', 'error']);
  const good = await http.inject({ method: 'GET', url: '/v1/mmm/ready' });
  expect(good.json()).toEqual({ status: 'ready' });
});
