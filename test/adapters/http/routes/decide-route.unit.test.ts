import { describe, expect, test } from '@jest/globals';
import { uuidIds } from '../../../../src/adapters/ids/uuid-ids.ts';
import { idFrom } from '../../../../src/domain/ids.ts';
import { type ErrorCode, MmmError } from '../../../../src/errors.ts';
import type { MmmDecision, MmmSignalInput } from '../../../../src/generated/records.ts';
import { NOON_MS, TENANT } from '../../../pipeline/harness.ts';
import { envelope, errorOf, HttpHarness, tokenOf } from '../harness.ts';

interface Reply {
  result: string;
  decision: MmmDecision | null;
  actions: { action_id: string; type: string }[];
  latency_warning: boolean;
}
const URL = '/v1/mmm/decide';
const PUSHED = { event_type: 'commit_pushed', payload: { files_changed: 2 } };

/** Keeps the signal that was asked about. */
const asked = (): { http: HttpHarness; signals: MmmSignalInput[]; budgets: number[] } => {
  const signals: MmmSignalInput[] = [];
  const budgets: number[] = [];
  const http = new HttpHarness({
    decideNow: (signal, budgetMs) => {
      signals.push(signal);
      budgets.push(budgetMs);
      return Promise.resolve({ result: 'no_match', decision: null, latencyWarning: false });
    },
  });
  return { http, signals, budgets };
};

test('a SIN envelope is decided and stored, and the same signal again gives the same decision (D-73)', async () => {
  const http = new HttpHarness();
  const signal = envelope();
  const first = await http.post(URL, { tenant_id: TENANT, actor_id: 'dev1', signal });
  expect(first.statusCode).toBe(200);
  const body = first.json<Reply>();
  expect(body).toMatchObject({ result: 'decided', latency_warning: false, actions: [{ type: 'mirror' }] });
  expect(body.decision?.signal_id).toBe(idFrom(uuidIds, 'signal', ['pm3', TENANT, String(signal['signal_id'])]));
  const again = (await http.post(URL, { signal })).json<Reply>();
  expect(again.decision).toEqual(body.decision);
  expect(http.reader.stored).toHaveLength(1);
  expect(http.counted.filter((line) => line.startsWith('decide '))).toEqual([
    'decide decided decided 1',
    'decide duplicate signal_id 1',
  ]);
});

test('the same Idempotency-Key gives the same decision; without one each request is its own (D-73)', async () => {
  const http = new HttpHarness();
  const ask = async (key?: string): Promise<Reply> =>
    (
      await http.post(URL, { signal: PUSHED }, undefined, key === undefined ? {} : { 'idempotency-key': key })
    ).json<Reply>();
  const first = await ask('k1');
  expect(first.decision?.signal_id).toBe(idFrom(uuidIds, 'signal', ['http', TENANT, 'dev1', 'k1']));
  expect((await ask('k1')).decision).toEqual(first.decision);
  const others = [await ask('k2'), await ask(), await ask()].map((reply) => reply.decision?.decision_id);
  expect(new Set([first.decision?.decision_id, ...others]).size).toBe(4);
});

describe("the PRD's own examples are taken (D-71)", () => {
  test('a body without a signal, an actor or a tenant', async () => {
    const { http, signals } = asked();
    const body = { context: { repo_id: 'org/repo', branch: 'main', file_path: 'a.ts', secret_field: 1 } };
    expect((await http.post(URL, body)).statusCode).toBe(200);
    expect(signals[0]).toMatchObject({
      tenant_id: TENANT,
      actor_id: 'dev1',
      source: 'http',
      repo_id: 'org/repo',
      branch: 'main',
      file_path: 'a.ts',
    });
    expect(signals[0]?.payload).toEqual({});
    expect(signals[0]?.occurred_at).toBe(new Date(NOON_MS).toISOString());
  });

  test('null actor and signal', async () => {
    const { http } = asked();
    expect((await http.post(URL, { tenant_id: TENANT, actor_id: null, signal: null, context: null })).statusCode).toBe(
      200,
    );
  });

  test('a signal in part, with the names of MMMSignalInput', async () => {
    const { http, signals } = asked();
    const signal = { signal_id: 'x', event_type: 'commit_pushed', severity: 'warn', repo_id: 'org/own', branch: 'b' };
    await http.post(URL, { actor_type: 'ai_agent', signal, context: { repo_id: 'org/context', commit: 'c' } });
    expect(signals[0]).toMatchObject({
      signal_id: idFrom(uuidIds, 'signal', ['pm3', TENANT, 'x']),
      source: 'pm3',
      event_type: 'commit_pushed',
      severity: 'medium',
      actor_type: 'ai_agent',
      repo_id: 'org/own',
      branch: 'b',
      commit: 'c',
    });
  });
});

describe('tenant and actor are those of the token', () => {
  const other = { code: 'FORBIDDEN', retryable: false };

  test('nobody acts for another person, in the body or in the signal (D-12)', async () => {
    const { http, signals } = asked();
    for (const body of [{ actor_id: 'dev2' }, { signal: { ...PUSHED, actor_id: 'dev2' } }]) {
      const reply = await http.post(URL, body);
      expect(reply.statusCode).toBe(403);
      expect(errorOf(reply)).toMatchObject(other);
    }
    expect(signals).toEqual([]);
  });

  test('tenant_admin does not act for others either; mmm_service and mmm_admin do', async () => {
    const { http, signals } = asked();
    expect((await http.post(URL, { actor_id: 'dev2' }, await tokenOf({ roles: ['tenant_admin'] }))).statusCode).toBe(
      403,
    );
    for (const role of ['mmm_service', 'mmm_admin']) {
      expect((await http.post(URL, { actor_id: 'dev2' }, await tokenOf({ roles: [role] }))).statusCode).toBe(200);
    }
    expect(signals.map((signal) => signal.actor_id)).toEqual(['dev2', 'dev2']);
  });

  test('another tenant is refused, also for an admin', async () => {
    const { http } = asked();
    const token = await tokenOf({ roles: ['mmm_admin'] });
    for (const body of [{ tenant_id: 't2' }, { signal: { ...PUSHED, tenant_id: 't2' } }]) {
      expect((await http.post(URL, body, token)).statusCode).toBe(403);
    }
  });

  test('roles of the body are not read (D-13)', async () => {
    const { http } = asked();
    const body = {
      actor_id: 'dev2',
      roles: ['mmm_admin'],
      actor_roles: ['mmm_admin'],
      context: { roles: ['mmm_admin'] },
    };
    expect((await http.post(URL, body)).statusCode).toBe(403);
  });

  test('two actors in one request are no request', async () => {
    const { http } = asked();
    const reply = await http.post(URL, { actor_id: 'dev1', signal: { ...PUSHED, actor_id: 'dev2' } });
    expect(reply.statusCode).toBe(422);
  });

  test("a signal id that was decided for another actor does not show that actor's decision (G7)", async () => {
    const http = new HttpHarness();
    const signal = envelope({ actor_id: 'dev2' });
    await http.post(URL, { signal }, await tokenOf({ sub: 'dev2' }));
    const reply = await http.post(URL, { signal: { ...signal, actor_id: 'dev1' } });
    expect(reply.statusCode).toBe(409);
    expect(reply.body).not.toContain('decision_id');
  });
});

describe('bad input is 422 with the field, never 500 (D-88)', () => {
  test.each([
    ['surface', { surface: 'pager' }],
    ['actor_id', { actor_id: 7 }],
    ['signal', { signal: [] }],
    ['signal', { signal: { ...PUSHED, occurred_at: 'soon' } }],
    ['signal', { signal: { ...PUSHED, signal_id: { a: 1 } } }],
    ['signal', { signal: { ...PUSHED, payload: { password: 'hunter2-really' } } }],
    ['signal', { signal: { ...PUSHED, payload: [1] } }],
    ['signal.actor_id', { signal: { ...PUSHED, actor_id: 5 } }],
    ['actor_id', { actor_id: 'x'.repeat(300) }],
    ['context', { context: 'org/repo' }],
    ['body', []],
  ])('%s', async (field, body) => {
    const reply = await new HttpHarness().post(URL, body);
    expect(reply.statusCode).toBe(422);
    expect(errorOf(reply).message.startsWith(field)).toBe(true);
    expect(reply.body).not.toContain('hunter2');
  });

  test('an Idempotency-Key with a space or of 256 characters', async () => {
    for (const key of ['a b', 'k'.repeat(256)]) {
      expect((await new HttpHarness().post(URL, {}, undefined, { 'idempotency-key': key })).statusCode).toBe(422);
    }
  });
});

test('the budget is that of the surface, ide when nothing is said', async () => {
  const { http, budgets } = asked();
  await http.post(URL, {});
  await http.post(URL, { surface: 'ci' });
  expect(budgets[0]).toBeLessThanOrEqual(150);
  expect(budgets[1]).toBeLessThanOrEqual(500);
  expect(budgets[1]).toBeGreaterThan(150);
});

test('over the budget: an empty list with the warning, nothing stored (design 3.3)', async () => {
  const http = new HttpHarness({
    decideNow: () => Promise.resolve({ result: 'over_budget', decision: null, latencyWarning: true }),
  });
  const reply = await http.post(URL, {});
  expect(reply.json()).toEqual({ result: 'over_budget', decision: null, actions: [], latency_warning: true });
  expect(http.counted).toEqual([]);
});

test.each<[ErrorCode, number, ErrorCode]>([
  ['DATABASE_UNAVAILABLE', 503, 'DEPENDENCY_UNAVAILABLE'],
  ['DEPENDENCY_UNAVAILABLE', 503, 'DEPENDENCY_UNAVAILABLE'],
  ['OVERLOADED', 503, 'OVERLOADED'],
  ['IN_DOUBT', 503, 'DEPENDENCY_UNAVAILABLE'],
])('%s is %i with Retry-After', async (code, status, shown) => {
  const http = new HttpHarness({ decideNow: () => Promise.reject(new MmmError(code)) });
  const reply = await http.post(URL, {});
  expect(reply.statusCode).toBe(status);
  expect(errorOf(reply)).toMatchObject({ code: shown, retryable: true });
  expect(reply.headers['retry-after']).toBe('2');
});

test('scope mmm.decide is required (D-11)', async () => {
  expect((await new HttpHarness().post(URL, {}, await tokenOf({ scope: 'mmm.read mmm.outcome' }))).statusCode).toBe(
    403,
  );
});
