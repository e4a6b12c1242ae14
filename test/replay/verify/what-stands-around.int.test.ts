import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ephemeralSigningKey } from '../../../src/adapters/keys/ed25519-signer.ts';
import type { Database, Queryable } from '../../../src/adapters/postgres/database.ts';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import type { TenantRules } from '../../../src/domain/rules.ts';
import { recordedDeps } from '../../../src/entrypoints/composition/recorded.ts';
import { reexecutionOf } from '../../../src/entrypoints/composition/receipt-verification.ts';
import { MmmError } from '../../../src/errors.ts';
import { decideNow } from '../../../src/pipeline/decide/decide-now.ts';
import { rulesInForce } from '../../../src/replay/rules-in-force.ts';
import type { VerifyDeps } from '../../../src/replay/verify/verify-decision.ts';
import { verifyReceipts } from '../../../src/replay/verify/verify-receipts.ts';
import { makeDatabase, type TestDatabase } from '../../adapters/postgres/test-database.ts';
import { DecideHarness, push } from '../../pipeline/harness.ts';
import { define, START_MS, TENANT } from '../recorded-history.ts';
import { reportOutcomes } from './recorded-outcomes.ts';
import { flipped, letOwnerWrite, undone } from './tamper.ts';
import { FIRST_RELEASE, given, named, Verifying } from './verifying.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const signer = ephemeralSigningKey();

interface Row {
  readonly decision_id: string;
  readonly signal_id: string;
  readonly version: number;
  readonly receipt: string;
}
interface OutcomeRow {
  readonly outcome_id: string;
  readonly decision_id: string;
  readonly action_id: string;
  readonly version: number;
  readonly receipt: string;
}

let database: TestDatabase;
let verifying: Verifying;
let decisions: readonly Row[];
let outcomes: readonly OutcomeRow[];
let rules: TenantRules;
/** One person who is sent four cards, and answers each. */
beforeAll(async () => {
  database = await makeDatabase();
  verifying = new Verifying(database, signer);
  await letOwnerWrite(database);
  await define(database);
  const recorded = recordedDeps({ api: database.api });
  rules = recorded.compile(rulesInForce(await recorded.history.rules(TENANT), START_MS)!.documents)!;
  for (const n of [0, 1, 2, 3]) {
    const now = START_MS + n * DAY + 12 * HOUR;
    const clock = { now: () => now, monotonicMs: () => performance.now() };
    const journal = new PostgresJournal(database.pipeline, clock);
    const { deps } = new DecideHarness(rules, 1, { signer, clock, journal });
    const at = new Date(now).toISOString();
    const change = { tenant_id: TENANT, occurred_at: at, received_at: at, payload: { files_changed: 30 } };
    await decideNow({ ...deps, partitions: 1 }, push('dev1', `around-${n}`, change), 60_000);
  }
  expect(await reportOutcomes(database, signer, TENANT, START_MS + 5 * DAY)).toBe(4);
  decisions = await database.owner.query<Row>(
    `SELECT d.decision_id, d.signal_id, j.version, d.receipt FROM mmm_decisions d JOIN mmm_journal j USING (tenant_id, decision_id)
      WHERE j.kind = 'signal' ORDER BY version`,
  );
  outcomes = await database.owner.query<OutcomeRow>(
    `SELECT o.outcome_id, o.decision_id, o.action_id, j.version, o.receipt FROM mmm_outcomes o
       JOIN mmm_journal j ON j.kind = 'outcome' AND j.facts->>'o' = o.outcome_id ORDER BY version`,
  );
});
afterAll(async () => {
  await database.drop();
});

test('untouched, all of it is verified', async () => {
  const judged = await verifying.all([...decisions, ...outcomes].map(({ receipt }) => receipt));
  expect(judged.map(named)).toEqual(Array<string>(8).fill('verified'));
});

describe('an outcome', () => {
  const last = (): OutcomeRow => outcomes.at(-1)!;

  test('that is gone, or whose decision is gone: only retention explains it', async () => {
    const { outcome_id, decision_id, receipt } = last();
    await undone(database, async (inside, tx) => {
      await tx.query('DELETE FROM mmm_outcomes WHERE outcome_id = $1', [outcome_id]);
      expect(await verifying.one(receipt, inside)).toBe('outcome (stored)');
      expect(await verifying.one(receipt, inside, START_MS + 300 * DAY)).toBe('outcome (stored)');
      expect(await verifying.one(receipt, inside, START_MS + 400 * DAY)).toBe('past_retention');
    });
    await undone(database, async (inside, tx) => {
      await tx.query('DELETE FROM mmm_decisions WHERE decision_id = $1', [decision_id]);
      expect(await verifying.one(receipt, inside)).toBe(`decision ${decision_id}`);
      expect(await verifying.one(receipt, inside, START_MS + 100 * DAY)).toBe('past_retention');
    });
  });

  test('whose action was altered, its text as well', async () => {
    const { action_id, receipt } = last();
    for (const set of [
      `playbook_id = playbook_id || 'x'`,
      'playbook_version = playbook_version + 1',
      `action_type = 'mentor'`,
      `payload_hash = overlay(payload_hash PLACING 'x' FROM 20)`,
    ]) {
      const sql = `UPDATE mmm_actions SET ${set} WHERE action_id = $1`;
      expect(await verifying.after(receipt, sql, [action_id])).toBe(`action ${action_id}`);
    }
    const gone = 'DELETE FROM mmm_actions WHERE action_id = $1';
    expect(await verifying.after(receipt, gone, [action_id])).toBe(`action ${action_id}`);
  });

  test('whose line of the journal is gone, or the line that it stands on, or one below that was altered', async () => {
    const { version, receipt } = last();
    const gone = 'DELETE FROM mmm_journal WHERE version = $1';
    expect(await verifying.after(receipt, gone, [version])).toMatch(/^actor journal entry of outcome /);
    expect(await verifying.after(receipt, gone, [version - 1])).toBe(
      'actor journal entry (the last before the outcome)',
    );
    const altered = `UPDATE mmm_journal SET result = 'late' WHERE version = $1`;
    expect(await verifying.after(receipt, altered, [1])).toBe('actor journal entry 1');
  });

  test('after which the profile was altered without a trace', async () => {
    const sql = `UPDATE mmm_actors SET profile = '{"roles":["lead"],"timeZone":null,"preferences":null}' WHERE actor_id = 'dev1'`;
    expect(await verifying.after(last().receipt, sql, [])).toMatch(/for receipt field inputs\.state_digest$/);
  });
});

describe('a decision', () => {
  test('whose own line says something more that no fold reads', async () => {
    const { version, receipt } = decisions.at(-1)!;
    const sql = `UPDATE mmm_journal SET facts = replace(facts::text, '{', '{ ')::json WHERE version = $1`;
    expect(await verifying.after(receipt, sql, [version])).toBe(`actor journal entry ${version}`);
  });

  test('whose rows of the outbox went from the front by age is as good, from anywhere else it is not', async () => {
    const { decision_id, receipt } = decisions[1]!;
    const rows = await database.owner.query<{ number: string }>(
      `SELECT number FROM mmm_outbox WHERE headers LIKE '%' || $1 || '%' AND headers LIKE '%mmm-signal-id%' ORDER BY number`,
      [decision_id],
    );
    expect(rows).toHaveLength(3);
    const [first, second, third] = rows.map(({ number }) => number);
    const answer = async (sql: string, number: string | undefined) => await verifying.after(receipt, sql, [number]);
    expect(await answer('DELETE FROM mmm_outbox WHERE number <= $1', first)).toBe('verified');
    expect(await answer('DELETE FROM mmm_outbox WHERE number <= $1', second)).toBe('verified');
    expect(await answer('DELETE FROM mmm_outbox WHERE number <= $1', third)).toBe('verified');
    expect(await answer('DELETE FROM mmm_outbox WHERE number = $1', first)).toMatch(/^published decision /);
    expect(await answer('DELETE FROM mmm_outbox WHERE number = $1', second)).toMatch(/^delivery /);
    expect(await answer('DELETE FROM mmm_outbox WHERE number = $1', third)).toBe('published receipt');
  });
});

describe('what verifies', () => {
  const judgeWith = async (change: Partial<VerifyDeps>, receipt = decisions[1]!.receipt, over?: Database) => {
    const store = over ?? database.owner;
    const reexecute = { ...reexecutionOf({ api: store, pipeline: store }, FIRST_RELEASE, START_MS), ...change };
    return (await verifyReceipts({ ...verifying.signatures, reexecute }, [given(receipt, 0)]))[0]!;
  };

  test('a program that decides otherwise is told from a trace that was altered', async () => {
    const compile = () => ({ ...rules, policy: { ...rules.policy, enabledActionTypes: [] } });
    expect(named(await judgeWith({ compile }))).toBe('decision (recomputed)');
  });

  test('a program that fails on what was recorded says so', async () => {
    const codec = {
      ...FIRST_RELEASE,
      encode: () => {
        throw new TypeError('no such field');
      },
    };
    expect((await judgeWith({ codec })).verdict).toMatchObject({
      difference: { what: 'decision (recomputed)', meaning: expect.stringContaining('fails on the recorded inputs') },
    });
  });

  test('a database that is away in the middle is no answer about any receipt', async () => {
    const away = new MmmError('DATABASE_UNAVAILABLE');
    for (const part of ['mmm_decisions', 'mmm_journal', 'mmm_outbox', 'mmm_playbooks']) {
      const query: Queryable['query'] = async (text, values) =>
        text.includes(part) ? await Promise.reject(away) : await database.owner.query(text, values);
      const transaction: Database['transaction'] = (work) =>
        database.owner.transaction((tx, client) =>
          work(
            {
              query: async (text, values) =>
                text.includes(part) ? await Promise.reject(away) : await tx.query(text, values),
            },
            client,
          ),
        );
      const broken: Database = { query, transaction, listen: () => () => undefined, close: () => Promise.resolve() };
      await expect(judgeWith({}, decisions[1]!.receipt, broken)).rejects.toBe(away);
    }
  });

  test('the stored copy speaks only if its own signature holds', async () => {
    const { decision_id, receipt } = decisions[1]!;
    const at = receipt.indexOf('"gate_id"') + 12;
    await undone(database, async (inside, tx) => {
      expect(await verifying.one(flipped(receipt, at), inside)).toBe('receipt field gate_id');
      const other = flipped(receipt, receipt.indexOf('"rationale"') + 14);
      await tx.query('UPDATE mmm_decisions SET receipt = $2 WHERE decision_id = $1', [decision_id, other]);
      expect(await verifying.one(flipped(receipt, at), inside)).toBe('signature');
    });
  });
});
