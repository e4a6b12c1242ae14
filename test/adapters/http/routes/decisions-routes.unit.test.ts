import { beforeAll, describe, expect, test } from '@jest/globals';
import { MmmError } from '../../../../src/errors.ts';
import type { MmmDecision, MmmReceipt } from '../../../../src/generated/records.ts';
import { NOON_MS, TENANT } from '../../../pipeline/harness.ts';
import { envelope, errorOf, HttpHarness, tokenOf } from '../harness.ts';

interface Page {
  decisions: MmmDecision[];
  next_cursor: string | null;
}
const MINUTE_MS = 60_000;
const URL = '/v1/mmm/decisions';
const http = new HttpHarness();
const mine: MmmDecision[] = [];
let theirs: MmmDecision;
let foreignToken: string;
let adminToken: string;

beforeAll(async () => {
  for (let minute = 0; minute < 5; minute++) {
    http.engine.now = NOON_MS + minute * MINUTE_MS;
    mine.push((await http.post('/v1/mmm/decide', { signal: envelope() })).json<{ decision: MmmDecision }>().decision);
  }
  http.engine.now = NOON_MS;
  const reply = await http.post(
    '/v1/mmm/decide',
    { signal: envelope({ actor_id: 'dev2' }) },
    await tokenOf({ sub: 'dev2' }),
  );
  theirs = reply.json<{ decision: MmmDecision }>().decision;
  foreignToken = await tokenOf({ tenant_id: 't2', roles: ['mmm_admin', 'tenant_admin'] });
  adminToken = await tokenOf({ sub: 'lead', roles: ['tenant_admin'] });
});

const list = async (query: string, token?: string): Promise<Page> =>
  (await http.get(`${URL}${query}`, token)).json<Page>();
const idsOf = (decisions: readonly MmmDecision[]): string[] => decisions.map((decision) => decision.decision_id);

describe('the list', () => {
  test("is one's own, newest first", async () => {
    expect(idsOf((await list('')).decisions)).toEqual(idsOf(mine).reverse());
    expect(idsOf((await list('?actor_id=dev1')).decisions)).toEqual(idsOf(mine).reverse());
  });

  test('goes on by cursor, every decision once, also with two at the same time', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page = await list(`?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`, adminToken);
      expect(page.decisions.length).toBeLessThanOrEqual(2);
      seen.push(...idsOf(page.decisions));
      cursor = page.next_cursor;
    }
    expect(seen).toHaveLength(6);
    expect(new Set(seen)).toEqual(new Set(idsOf([...mine, theirs])));
  });

  test('from is inclusive, to is not', async () => {
    const at = (minute: number): string => new Date(NOON_MS + minute * MINUTE_MS).toISOString();
    expect(idsOf((await list(`?from=${at(1)}&to=${at(3)}`)).decisions)).toEqual(idsOf([mine[2]!, mine[1]!]));
  });

  test('a time that no database has is taken as the start of time', async () => {
    expect((await list('?from=0000-01-01T00:00:00Z')).decisions).toHaveLength(5);
    expect((await list('?to=0001-01-01T00:00:00Z')).decisions).toEqual([]);
  });

  test("another person's list is 403; tenant_admin may read it; another tenant sees nothing", async () => {
    const reply = await http.get(`${URL}?actor_id=dev2`);
    expect(reply.statusCode).toBe(403);
    expect(errorOf(reply)).toMatchObject({ code: 'FORBIDDEN' });
    expect(idsOf((await list('?actor_id=dev2', adminToken)).decisions)).toEqual([theirs.decision_id]);
    expect(await list('', foreignToken)).toEqual({ decisions: [], next_cursor: null });
    expect(await list('?actor_id=dev1', foreignToken)).toEqual({ decisions: [], next_cursor: null });
  });

  test("a cursor carries no permission: another person's cursor gives one's own decisions", async () => {
    const { next_cursor } = await list('?limit=1', adminToken);
    const page = await list(`?cursor=${String(next_cursor)}`, await tokenOf({ sub: 'dev2' }));
    expect(idsOf(page.decisions)).toEqual([theirs.decision_id]);
  });

  test.each([
    ['from', '?from=2026-02-30T00:00:00Z'],
    ['to', '?to=tomorrow'],
    ['from', '?from=2026-03-05T00:00:00Z&to=2026-03-04T00:00:00Z'],
    ['limit', '?limit=0'],
    ['limit', '?limit=101'],
    ['limit', '?limit=ten'],
    ['actor_id', '?actor_id='],
    ['actor_id', '?actor_id=a%00'],
    ['cursor', '?cursor=AAAA'],
    ['cursor', `?cursor=${Buffer.from('[9000000000000000,"a"]').toString('base64url')}`],
    ['cursor', `?cursor=${Buffer.from('[1,"a\\u0000"]').toString('base64url')}`],
    ['cursor', `?cursor=${Buffer.from('[null,1]').toString('base64url')}`],
  ])('a bad %s is 422 and names it (D-88): %s', async (field, query) => {
    const reply = await http.get(`${URL}${query}`);
    expect(reply.statusCode).toBe(422);
    expect(errorOf(reply)).toMatchObject({ code: 'VALIDATION_ERROR', details: { field } });
  });
});

describe('one decision, one receipt', () => {
  test("are read by their actor and the tenant's admin, byte for byte", async () => {
    for (const token of [undefined, adminToken]) {
      const decision = await http.get(`${URL}/${mine[0]!.decision_id}`, token);
      expect(decision.statusCode).toBe(200);
      expect(decision.body).toBe(http.reader.stored[0]!.body);
      const receipt = await http.get(`/v1/mmm/receipts/${mine[0]!.receipt_id.toUpperCase()}`, token);
      expect(receipt.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(receipt.body).toBe(http.reader.stored[0]!.receipt);
      expect(receipt.json<MmmReceipt>().signature).toMatch(/^sig-ed25519:/);
    }
  });

  test("another person's, another tenant's, an unknown and a malformed id are all the same 404 (G7, D-88)", async () => {
    const unknown = '00000000-0000-4000-8000-000000000000';
    const cases: [string, string | undefined][] = [
      [theirs.decision_id, undefined],
      [mine[0]!.decision_id, foreignToken],
      [unknown, undefined],
      ['not-a-uuid', undefined],
      ["' OR 1=1 --", undefined],
      ['%00', undefined],
      ['x'.repeat(280), undefined],
    ];
    const said = new Set<string>();
    for (const [id, token] of cases) {
      const receipt =
        id === theirs.decision_id ? theirs.receipt_id : id === mine[0]!.decision_id ? mine[0]!.receipt_id : id;
      for (const url of [`${URL}/${id}`, `/v1/mmm/receipts/${receipt}`]) {
        const reply = await http.get(url.replaceAll(' ', '%20'), token);
        expect(reply.statusCode).toBe(404);
        said.add(JSON.stringify({ ...errorOf(reply), request_id: '' }));
      }
    }
    expect(said.size).toBe(1);
  });
});

test('scope mmm.read is required (D-11)', async () => {
  for (const url of [URL, `${URL}/x`, '/v1/mmm/receipts/x']) {
    expect((await http.get(url, await tokenOf({ scope: 'mmm.decide' }))).statusCode).toBe(403);
  }
});

test('a database that is away is 503', async () => {
  const away = (): Promise<never> => Promise.reject(new MmmError('DATABASE_UNAVAILABLE'));
  const closed = new HttpHarness({ reader: { decisions: away, decision: away, receipt: away } });
  const id = mine[0]!.decision_id;
  for (const url of [URL, `${URL}/${id}`, `/v1/mmm/receipts/${id}`]) {
    const reply = await closed.get(url);
    expect(reply.statusCode).toBe(503);
    expect(errorOf(reply)).toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
  }
  expect(TENANT).toBe('t1');
});
