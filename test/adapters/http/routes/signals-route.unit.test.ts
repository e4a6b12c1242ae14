import { describe, expect, test } from '@jest/globals';
import { uuidIds } from '../../../../src/adapters/ids/uuid-ids.ts';
import { idFrom } from '../../../../src/domain/ids.ts';
import { MmmError } from '../../../../src/errors.ts';
import { TENANT } from '../../../pipeline/harness.ts';
import { envelope, errorOf, HttpHarness, tokenOf } from '../harness.ts';

interface Reply {
  results: {
    signal_id: string | null;
    status: string;
    mmm_signal_id?: string;
    error_code?: string;
    error_message?: string;
    warnings: string[];
  }[];
  summary: { total: number; accepted: number; rejected: number; dlq: number };
}
const URL = '/v1/mmm/signals';

test('accepted signals are in mmm.signals before the reply, under the id that the topic would give', async () => {
  const http = new HttpHarness();
  const reply = await http.post(URL, { signals: [envelope({ signal_id: 'a' }), envelope({ signal_id: 'b' })] });
  expect(reply.statusCode).toBe(200);
  const { results, summary } = reply.json<Reply>();
  expect(summary).toEqual({ total: 2, accepted: 2, rejected: 0, dlq: 0 });
  expect(results[0]).toEqual({
    signal_id: 'a',
    status: 'accepted',
    mmm_signal_id: idFrom(uuidIds, 'signal', ['pm3', TENANT, 'a']),
    warnings: [],
  });
  expect(http.signals().map((signal) => signal.signal_id)).toEqual(results.map((result) => result.mmm_signal_id));
  expect(http.engine.log.read('mmm.signals')[0]?.key).toEqual(Buffer.from(`${TENANT}|dev1`));
});

test('each item is answered by itself, in order, and the good ones go on', async () => {
  const http = new HttpHarness();
  const signals = [
    envelope({ tenant_id: undefined }),
    'no object',
    null,
    envelope({ signal_id: 'good', occurred_at: '2026-03-04T12:00:00' }),
    envelope({ payload: { password: 'hunter2-really' } }),
    envelope({ occurred_at: 'yesterday' }),
    envelope({ payload: { constructor: 1 } }),
  ];
  const { results, summary } = (await http.post(URL, { signals })).json<Reply>();
  expect(results.map((result) => result.error_code ?? result.status)).toEqual([
    'TENANT_MISSING',
    'SCHEMA_VIOLATION',
    'SCHEMA_VIOLATION',
    'accepted',
    'SECRET_FOUND',
    'TIME_MISSING',
    'KEY_FORBIDDEN',
  ]);
  expect(results[3]?.warnings).toEqual(['time_without_zone']);
  expect(summary).toEqual({ total: 7, accepted: 1, rejected: 6, dlq: 0 });
  expect(JSON.stringify(results)).not.toContain('hunter2');
  expect(http.signals()).toHaveLength(1);
  expect(http.counted.filter((line) => line.startsWith('normalise normalised'))).toHaveLength(1);
  expect(http.counted.filter((line) => line.includes(' rejected '))).toHaveLength(6);
});

test("an envelope of another tenant is rejected and never written (the token's tenant counts)", async () => {
  const http = new HttpHarness();
  const reply = await http.post(
    URL,
    { signals: [envelope({ tenant_id: 't2' })] },
    await tokenOf({ roles: ['mmm_admin', 'mmm_service'] }),
  );
  expect(reply.json<Reply>().results[0]).toMatchObject({ status: 'rejected', error_code: 'FORBIDDEN' });
  expect(http.signals()).toEqual([]);
});

test("a person can not hand in another person's signal, nor one of the whole tenant; a service can (D-12)", async () => {
  const http = new HttpHarness();
  const signals = [envelope({ actor_id: 'dev2' }), envelope({ actor_id: undefined })];
  const person = (await http.post(URL, { signals })).json<Reply>();
  expect(person.results.map((result) => result.error_code)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  expect(http.signals()).toEqual([]);
  const service = (
    await http.post(URL, { signals }, await tokenOf({ sub: 'ci', roles: ['mmm_service'] }))
  ).json<Reply>();
  expect(service.summary.accepted).toBe(2);
});

describe('the request as a whole', () => {
  test('1 to 1000 signals', async () => {
    const http = new HttpHarness();
    for (const body of [{ signals: [] }, { signals: Array(1_001).fill(null) }, { signals: {} }, {}, []]) {
      const reply = await http.post(URL, body);
      expect(reply.statusCode).toBe(422);
      expect(errorOf(reply)).toMatchObject({ code: 'VALIDATION_ERROR', retryable: false });
    }
    expect(errorOf(await http.post(URL, {}))).toMatchObject({
      message: 'signals: is missing',
      details: { field: 'signals' },
    });
    const full = await http.post(URL, { signals: Array.from({ length: 1_000 }, () => envelope()) });
    expect(full.json<Reply>().summary.accepted).toBe(1_000);
  });

  test('up to 4 MB', async () => {
    const http = new HttpHarness();
    const text = (bytes: number): object => ({ signals: [], filler: 'a'.repeat(bytes) });
    expect((await http.post(URL, text(4_194_200))).statusCode).toBe(422);
    const reply = await http.post(URL, text(4_194_304));
    expect(reply.statusCode).toBe(413);
    expect(errorOf(reply)).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  test('scope mmm.decide', async () => {
    const reply = await new HttpHarness().post(URL, { signals: [envelope()] }, await tokenOf({ scope: 'mmm.read' }));
    expect(reply.statusCode).toBe(403);
    expect(errorOf(reply)).toMatchObject({ code: 'FORBIDDEN', details: { scope: 'mmm.decide' } });
  });

  test('503 when the log is away, and nothing is counted as received', async () => {
    const failing = { append: () => Promise.reject(new MmmError('LOG_UNAVAILABLE')), close: () => Promise.resolve() };
    const http = new HttpHarness({ writer: failing });
    const reply = await http.post(URL, { signals: [envelope()] });
    expect(reply.statusCode).toBe(503);
    expect(reply.headers['retry-after']).toBe('2');
    expect(errorOf(reply)).toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
    expect(http.counted).toEqual([]);
  });

  test('one signal that can not be encoded costs only itself', async () => {
    const { codec } = new HttpHarness().deps;
    const http = new HttpHarness({
      codec: {
        ...codec,
        encode: (topic, record) => {
          if ('source_signal_id' in record && record.source_signal_id === 'bad') throw new TypeError('avsc says no');
          return codec.encode(topic, record);
        },
      },
    });
    const reply = await http.post(URL, { signals: [envelope({ signal_id: 'bad' }), envelope()] });
    expect(reply.json<Reply>().results.map((one) => one.error_code ?? one.status)).toEqual([
      'UNEXPECTED_FAILURE',
      'accepted',
    ]);
  });
});
