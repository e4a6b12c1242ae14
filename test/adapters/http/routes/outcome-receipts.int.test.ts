import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ephemeralSigningKey, verifySignature } from '../../../../src/adapters/keys/ed25519-signer.ts';
import { PostgresJournal } from '../../../../src/adapters/postgres/postgres-journal.ts';
import { PostgresDecisionReader } from '../../../../src/adapters/postgres/queries.ts';
import { verifyReceipt } from '../../../../src/admin/queries/verify-receipt.ts';
import { decideNow } from '../../../../src/pipeline/decide/decide-now.ts';
import { DecideHarness, NOON_MS, NOTICE_PUSH, push, rulesWith, TENANT } from '../../../pipeline/harness.ts';
import { letOwnerWrite } from '../../../replay/verify/tamper.ts';
import { reportOutcomes } from '../../../replay/verify/recorded-outcomes.ts';
import { makeDatabase, type TestDatabase } from '../../postgres/test-database.ts';
import { errorOf, HttpHarness, tokenOf } from '../harness.ts';

const OTHER = 't2';
const signer = ephemeralSigningKey();

interface Row {
  readonly tenant_id: string;
  readonly actor_id: string;
  readonly receipt_id: string;
  readonly receipt: string;
}

let database: TestDatabase;
let http: HttpHarness;
let rows: readonly Row[];
/** One outcome for each of two people of a tenant, and for one of the same name at another tenant. */
beforeAll(async () => {
  database = await makeDatabase();
  await letOwnerWrite(database);
  const clock = { now: () => NOON_MS, monotonicMs: () => performance.now() };
  const journal = new PostgresJournal(database.pipeline, clock);
  for (const [tenant, actor] of [
    [TENANT, 'dev1'],
    [TENANT, 'dev2'],
    [OTHER, 'dev1'],
  ] as const) {
    const rules = rulesWith([NOTICE_PUSH], { id: tenant });
    const { deps } = new DecideHarness(rules, 1, { signer, clock, journal });
    await decideNow({ ...deps, partitions: 1 }, push(actor, `${tenant}-${actor}`, { tenant_id: tenant }), 60_000);
  }
  for (const tenant of [TENANT, OTHER]) await reportOutcomes(database, signer, tenant, NOON_MS);
  rows = await database.owner.query<Row>('SELECT tenant_id, actor_id, receipt_id, receipt FROM mmm_outcomes');
  http = new HttpHarness({ reader: new PostgresDecisionReader(database.api) });
});
afterAll(async () => {
  await database.drop();
});

const rowOf = (tenant: string, actor: string): Row =>
  rows.find(({ tenant_id, actor_id }) => tenant_id === tenant && actor_id === actor)!;
const url = (id: string): string => `/v1/mmm/receipts/${id}`;

test("the receipt of one's outcome, byte for byte, to its actor and to the tenant's admin", async () => {
  expect(rows).toHaveLength(3);
  const { receipt_id, receipt } = rowOf(TENANT, 'dev1');
  for (const claims of [{ sub: 'dev1' }, { sub: 'lead', roles: ['tenant_admin'] }]) {
    const reply = await http.get(url(receipt_id), await tokenOf(claims));
    expect(reply.statusCode).toBe(200);
    expect(reply.body).toBe(receipt);
    const trust = { publicKeyOf: () => signer.publicKeyPem, verify: verifySignature };
    expect(verifyReceipt(reply.rawPayload, trust)).toMatchObject({ receiptId: receipt_id, fault: null });
    expect(reply.json<{ inputs: object }>().inputs).toMatchObject({ kind: 'outcome', tenant_id: TENANT });
  }
});

test("another person's, another tenant's (its admins included) and an unknown one are the same 404 (G7)", async () => {
  const roles = ['mmm_admin', 'tenant_admin'];
  const cases: readonly (readonly [string, Parameters<typeof tokenOf>[0]])[] = [
    [rowOf(TENANT, 'dev2').receipt_id, { sub: 'dev1' }],
    [rowOf(TENANT, 'dev1').receipt_id, { sub: 'dev2' }],
    // The same name at another tenant is another person.
    [rowOf(TENANT, 'dev1').receipt_id, { tenant_id: OTHER, sub: 'dev1' }],
    [rowOf(OTHER, 'dev1').receipt_id, { sub: 'dev1' }],
    [rowOf(TENANT, 'dev1').receipt_id, { tenant_id: OTHER, sub: 'lead', roles }],
    [rowOf(OTHER, 'dev1').receipt_id, { sub: 'lead', roles }],
    ['00000000-0000-4000-8000-000000000000', { sub: 'dev1' }],
  ];
  const said = new Set<string>();
  for (const [id, claims] of cases) {
    const reply = await http.get(url(id), await tokenOf(claims));
    expect(reply.statusCode).toBe(404);
    const { timestamp: _, ...error } = errorOf(reply);
    said.add(JSON.stringify({ ...error, request_id: '' }));
  }
  expect(said.size).toBe(1);
});

test('a receipt needs the scope mmm.read, and a token at all', async () => {
  const { receipt_id } = rowOf(TENANT, 'dev1');
  expect((await http.get(url(receipt_id), await tokenOf({ scope: 'mmm.outcome' }))).statusCode).toBe(403);
  expect((await http.inject({ method: 'GET', url: url(receipt_id) })).statusCode).toBe(401);
});
