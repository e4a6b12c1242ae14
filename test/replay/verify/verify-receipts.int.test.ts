import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ephemeralSigningKey } from '../../../src/adapters/keys/ed25519-signer.ts';
import type { Queryable } from '../../../src/adapters/postgres/database.ts';
import type { ReleasedCodec } from '../../../src/pipeline/ports/codec.ts';
import { type ReadMember, READ_MEMBER_WORDS, regionsOf } from '../../../src/replay/verify/read-regions.ts';
import { verifyReceipts } from '../../../src/replay/verify/verify-receipts.ts';
import { counted, emptyCounts } from '../../../src/replay/verify/tally.ts';
import { makeDatabase, type TestDatabase } from '../../adapters/postgres/test-database.ts';
import { define, record, START_MS, TENANT } from '../recorded-history.ts';
import { recordExperiment, reportOutcomes } from './recorded-outcomes.ts';
import { drawing, flipped, letOwnerWrite, undone } from './tamper.ts';
import { everyOne, FIRST_RELEASE, flips, given, named, Verifying } from './verifying.ts';

const DAY = 24 * 3_600_000;
const BETA = 'beta';
const signer = ephemeralSigningKey();

interface Row {
  readonly decision_id: string;
  readonly actor_id: string;
  readonly signal_id: string;
  readonly version: number;
  readonly receipt: string;
  readonly read: string;
  readonly trace: string;
  readonly body: string;
}

let database: TestDatabase;
let verifying: Verifying;
/** Of the recorded history, in the order of their actors. */
let decisions: readonly Row[];
let outcomes: readonly { readonly outcome_id: string; readonly receipt: string; readonly actor_id: string }[];
let beta: readonly Row[];
beforeAll(async () => {
  database = await makeDatabase();
  verifying = new Verifying(database, signer);
  await letOwnerWrite(database);
  await define(database);
  await record(database, { signer });
  await reportOutcomes(database, signer, TENANT, START_MS + 8 * DAY);
  await recordExperiment(database, signer, BETA);
  const rowsOf = async (tenantId: string) =>
    await database.owner.query<Row>(
      `SELECT d.decision_id, d.actor_id, d.signal_id, j.version, d.receipt, d."read", d.trace, d.body
         FROM mmm_decisions d JOIN mmm_journal j USING (tenant_id, decision_id, actor_id)
        WHERE j.kind = 'signal' AND tenant_id = $1 ORDER BY actor_id, version`,
      [tenantId],
    );
  decisions = await rowsOf(TENANT);
  beta = await rowsOf(BETA);
  outcomes = await database.owner.query('SELECT outcome_id, receipt, actor_id FROM mmm_outcomes ORDER BY outcome_id');
});
afterAll(async () => {
  await database.drop();
});

const sending = (row: Row): boolean => row.receipt.includes('"status":"warn"');
const aSending = (): Row => decisions.filter(sending)[3]!;
const aRelease = (): Row => decisions.find(({ read }) => read.includes('"originals":{"'))!;

test('of an untouched history everything is verified: decisions, releases, outcomes, experiments', async () => {
  const all = [...decisions, ...beta, ...outcomes].map(({ receipt }) => receipt);
  const judged = await verifying.all(all);
  expect(judged.filter(({ verdict }) => verdict.status !== 'verified')).toEqual([]);
  expect(judged.reduce(counted, emptyCounts)).toEqual({
    ...{ receipts: all.length, verified: all.length, signatureOnly: {}, failed: 0 },
  });
  expect(decisions.length).toBeGreaterThan(150);
  expect([outcomes.length, beta.length]).toEqual([8, 4]);
  expect(beta.every(({ read }) => read.includes('"experiments":[{') && read.includes('"INC-7"'))).toBe(true);
  const over = await verifying.all([decisions[0]!.receipt, outcomes[0]!.receipt]);
  expect(over.map(({ kind }) => kind)).toEqual(['decision', 'outcome']);
});

describe('one byte of a recorded input', () => {
  const inRead = async (row: Row, member: ReadMember, next: string, count: number): Promise<string[]> => {
    // A payload may have members of these names: none is an object, and only what comes before the context is a payload.
    const context = row.read.indexOf('"context":{');
    const from =
      (member === 'context' ? context : row.read.indexOf(`"${member}":`, member === 'signal' ? 0 : context)) +
      member.length +
      3;
    const to = next === '' ? row.read.length - 1 : row.read.indexOf(next, from);
    expect(to).toBeGreaterThan(from);
    return await flips(
      row.read,
      count,
      async (altered) =>
        await verifying.after(row.receipt, 'UPDATE mmm_decisions SET "read" = $2 WHERE decision_id = $1', [
          row.decision_id,
          altered,
        ]),
      [from, to],
    );
  };
  const ORDER: readonly (readonly [ReadMember, string])[] = [
    ['signal', ',"context":{'],
    ['context', ',"state_chain":'],
    ['state_chain', ',"profile":'],
    ['profile', ',"snapshot_hash":'],
    ['snapshot_hash', ',"policy_version_ids":'],
    ['policy_version_ids', ',"decided_at_ms":'],
    ['decided_at_ms', ',"decided_at_monotonic_ms":'],
    ['decided_at_monotonic_ms', ',"rules_digests":'],
  ];

  test.each(ORDER)('what was read: %s', async (member, next) => {
    const rows = [aSending(), decisions.find(({ actor_id }) => actor_id === 'dev0')!, decisions.at(-1)!];
    for (const row of rows) {
      expect(regionsOf(row.read).ok).toBe(true);
      everyOne(READ_MEMBER_WORDS[member], await inRead(row, member, next, 5));
    }
  });

  test('what was read: digests of the rules, what was put off', async () => {
    everyOne(READ_MEMBER_WORDS.rules_digests, await inRead(aSending(), 'rules_digests', '', 4));
    everyOne(READ_MEMBER_WORDS.originals, await inRead(aRelease(), 'originals', ',"original_contexts":', 8));
    everyOne(READ_MEMBER_WORDS.original_contexts, await inRead(aRelease(), 'original_contexts', '', 6));
  });

  test('what was read: experiments, and a signal whose payload has names like ours under an incident', async () => {
    everyOne(READ_MEMBER_WORDS.experiments, await inRead(beta[1]!, 'experiments', '', 6));
    everyOne(READ_MEMBER_WORDS.signal, await inRead(beta[1]!, 'signal', ',"context":{', 6));
    everyOne(READ_MEMBER_WORDS.context, await inRead(beta[1]!, 'context', ',"causes":', 6));
  });

  test.each([
    ['mmm_playbooks', `playbook_id = 'large'`, 'playbook large version 1'],
    ['mmm_playbooks', `playbook_id = 'repeated'`, 'playbook repeated version 1'],
    ['mmm_tenant_policies', `tenant_id = '${TENANT}'`, 'tenant policy version 1'],
  ])('a document of the rules in %s where %s', async (table, where, what) => {
    const [stored] = await database.owner.query<{ text: string }>(
      `SELECT document::text AS text FROM ${table} WHERE ${where}`,
    );
    const row = decisions[40]!;
    const isOther = (altered: string): boolean => {
      try {
        return JSON.stringify(JSON.parse(altered)) !== JSON.stringify(JSON.parse(stored!.text));
      } catch {
        return false;
      }
    };
    const answers = await flips(stored!.text, 10, async (altered) =>
      isOther(altered)
        ? await verifying.after(row.receipt, `UPDATE ${table} SET document = $1::jsonb WHERE ${where}`, [altered])
        : null,
    );
    everyOne(what, answers);
  });

  test('the journal before the decision: each column of each of some entries, and an entry that is gone', async () => {
    const row = decisions.findLast(({ actor_id, version }) => actor_id === 'dev3' && version > 12)!;
    const entries = await database.owner.query<Record<string, string> & { version: number }>(
      `SELECT version, kind, signal_id, coalesce(decision_id, '') AS decision_id, result, at_ms::text, decided_at_ms::text, facts::text
         FROM mmm_journal WHERE actor_id = 'dev3' AND version < $1 ORDER BY version`,
      [row.version],
    );
    const where = `actor_id = 'dev3' AND version =`;
    for (const entry of [entries[0]!, entries[5]!, entries.at(-1)!]) {
      const what = `actor journal entry ${entry.version}`;
      for (const column of ['kind', 'signal_id', 'decision_id', 'result'] as const) {
        if (entry[column] === '') continue;
        const sql = `UPDATE mmm_journal SET ${column} = $2 WHERE ${where} $1`;
        everyOne(
          what,
          await flips(entry[column]!, 2, (altered) => verifying.after(row.receipt, sql, [entry.version, altered])),
        );
      }
      for (const column of ['at_ms', 'decided_at_ms'] as const) {
        const sql = `UPDATE mmm_journal SET ${column} = ${column} + 1 WHERE ${where} $1`;
        expect(await verifying.after(row.receipt, sql, [entry.version])).toBe(what);
      }
      const sql = `UPDATE mmm_journal SET facts = $2::json WHERE ${where} $1`;
      everyOne(
        what,
        await flips(entry['facts']!, 8, (altered) => verifying.after(row.receipt, sql, [entry.version, altered])),
      );
      const spaced = entry['facts']!.replace('{', '{ ');
      expect(await verifying.after(row.receipt, sql, [entry.version, spaced])).toBe(what);
    }
    const gone = `DELETE FROM mmm_journal WHERE ${where} $1`;
    expect(await verifying.after(row.receipt, gone, [entries[4]!.version])).toBe(
      `actor journal entry ${entries[5]!.version}`,
    );
    expect(await verifying.after(row.receipt, gone, [entries[0]!.version])).toBe(
      `actor journal entry ${entries[1]!.version}`,
    );
    expect(await verifying.after(row.receipt, gone, [entries.at(-1)!.version])).toBe(
      'actor journal entry (the last before the decision)',
    );
  });

  test('the profile of today, as long as nobody has changed it since; the key of the pseudonym', async () => {
    const last = decisions.findLast(({ actor_id }) => actor_id === 'dev0')!;
    const [stored] = await database.owner.query<{ profile: string }>(
      `SELECT profile::text FROM mmm_actors WHERE actor_id = 'dev0'`,
    );
    const sql = `UPDATE mmm_actors SET profile = $1::jsonb WHERE actor_id = 'dev0'`;
    everyOne(
      'actor profile',
      await flips(stored!.profile, 10, async (altered) => await verifying.after(last.receipt, sql, [altered])),
    );
    const changed = `UPDATE mmm_actors SET profile = '{"roles":["lead"]}', version = version + 1 WHERE actor_id = 'dev0'`;
    expect(await verifying.after(last.receipt, changed, [])).toBe('verified');
    const key = `UPDATE mmm_actors SET receipt_key = set_byte(receipt_key, $1, get_byte(receipt_key, $1) # 1) WHERE actor_id = 'dev0'`;
    for (const at of [0, 13, 31]) expect(await verifying.after(last.receipt, key, [at])).toBe('actor receipt key');
  });

  test('an input is named before what comes out of it', async () => {
    const row = aSending();
    await undone(database, async (inside, tx) => {
      await tx.query(`UPDATE mmm_tenant_policies SET document = document || '{"quotas":{"max_actions_per_day":0}}'`);
      await tx.query('UPDATE mmm_decisions SET body = $2, trace = $2 WHERE decision_id = $1', [row.decision_id, '{}']);
      expect(await verifying.one(row.receipt, inside)).toBe('tenant policy version 1');
    });
  });
});

describe('one byte of a result', () => {
  test.each([
    ['trace', 'trace'],
    ['body', 'decision body'],
    ['receipt', 'stored receipt'],
  ] as const)('the column %s of the decision', async (column, what) => {
    for (const row of [aSending(), aRelease()]) {
      const sql = `UPDATE mmm_decisions SET ${column} = $2 WHERE decision_id = $1`;
      everyOne(
        what,
        await flips(
          row[column],
          8,
          async (altered) => await verifying.after(row.receipt, sql, [row.decision_id, altered]),
        ),
      );
    }
  });

  test.each(['decision_id', 'signal_id', 'actor_id'] as const)('the column %s of the decision', async (column) => {
    const row = aSending();
    const sql = `UPDATE mmm_decisions SET ${column} = $2 WHERE decision_id = $1`;
    const answers = await flips(
      row[column],
      4,
      async (altered) => await verifying.after(row.receipt, sql, [row.decision_id, altered]),
    );
    everyOne(`decision row ${column}`, answers);
  });

  test('the time and the receipt id of the decision, and its own line of the journal', async () => {
    const row = aSending();
    const one = [row.decision_id];
    const change = (set: string) => `UPDATE mmm_decisions SET ${set} WHERE decision_id = $1`;
    expect(await verifying.after(row.receipt, change(`decided_at = decided_at + interval '1 ms'`), one)).toBe(
      'decision row decided_at',
    );
    expect(await verifying.after(row.receipt, change(`receipt_id = 'x' || receipt_id`), one)).toBe('decision (stored)');
    expect(await verifying.after(row.receipt, 'DELETE FROM mmm_decisions WHERE decision_id = $1', one)).toBe(
      'decision (stored)',
    );
    const own = `UPDATE mmm_journal SET facts = $2::json WHERE signal_id = $1`;
    const [line] = await database.owner.query<{ facts: string }>(
      'SELECT facts::text FROM mmm_journal WHERE signal_id = $1',
      [row.signal_id],
    );
    const answers = await flips(
      line!.facts,
      8,
      async (altered) => await verifying.after(row.receipt, own, [row.signal_id, altered]),
    );
    everyOne(`actor journal entry ${row.version}`, answers);
    expect(await verifying.after(row.receipt, 'DELETE FROM mmm_journal WHERE signal_id = $1', [row.signal_id])).toMatch(
      /^actor journal entry/,
    );
  });

  test('the row of an action, and what was put off', async () => {
    const row = aSending();
    const where = 'WHERE decision_id = $1';
    for (const set of [
      `playbook_id = playbook_id || 'x'`,
      'playbook_version = playbook_version + 1',
      `action_type = 'mentor'`,
      `payload_hash = overlay(payload_hash PLACING 'x' FROM 20)`,
    ])
      expect(await verifying.after(row.receipt, `UPDATE mmm_actions SET ${set} ${where}`, [row.decision_id])).toMatch(
        /^action /,
      );
    expect(await verifying.after(row.receipt, `DELETE FROM mmm_actions ${where}`, [row.decision_id])).toMatch(
      /^action /,
    );

    const [waiting] = await database.owner.query<{ decision_id: string; facts: string; action_id: string }>(
      'SELECT decision_id, facts, action_id FROM mmm_deferrals ORDER BY action_id LIMIT 1',
    );
    const deferring = decisions.find(({ decision_id }) => decision_id === waiting!.decision_id)!;
    const what = `deferral ${waiting!.action_id}`;
    const set = 'UPDATE mmm_deferrals SET facts = $2 WHERE deferral_id = $1';
    const answers = await flips(
      waiting!.facts,
      8,
      async (altered) => await verifying.after(deferring.receipt, set, [waiting!.action_id, altered]),
    );
    everyOne(what, answers);
    for (const change of [
      'attempt = attempt + 1',
      `due_at = due_at + interval '1 ms'`,
      `expires_at = expires_at - interval '1 s'`,
    ])
      expect(
        await verifying.after(deferring.receipt, `UPDATE mmm_deferrals SET ${change} WHERE deferral_id = $1`, [
          waiting!.action_id,
        ]),
      ).toBe(what);
  });

  test('what waits in the outbox: a delivery, the decision, the receipt', async () => {
    const row = aSending();
    const rows = await database.owner.query<{ number: string; topic: string; headers: string; value: Buffer }>(
      `SELECT number, topic, headers, value FROM mmm_outbox WHERE headers LIKE '%' || $1 || '%' AND headers LIKE '%mmm-signal-id%' ORDER BY number`,
      [row.decision_id],
    );
    expect(rows.map(({ topic }) => topic)).toEqual(['mmm.decisions', 'mmm.delivery.ide', 'mmm.receipts']);
    const words = [/^published decision /, /^delivery [0-9a-f-]{36}$/, /^published receipt$/];
    for (const [n, { number, headers, value }] of rows.entries()) {
      const draw = drawing(n);
      for (let times = 0; times < 8; times += 1) {
        const set = 'UPDATE mmm_outbox SET value = set_byte(value, $2, get_byte(value, $2) # 1) WHERE number = $1';
        expect(await verifying.after(row.receipt, set, [number, draw(value.length)])).toMatch(words[n]!);
      }
      const text = 'UPDATE mmm_outbox SET headers = $2 WHERE number = $1';
      for (const answer of await flips(
        headers,
        10,
        async (altered) => await verifying.after(row.receipt, text, [number, altered]),
      ))
        expect(answer).toMatch(words[n]!);
      expect(await verifying.after(row.receipt, `UPDATE mmm_outbox SET key = 'x' WHERE number = $1`, [number])).toMatch(
        words[n]!,
      );
      expect(
        await verifying.after(row.receipt, `UPDATE mmm_outbox SET topic = 'mmm.dlq' WHERE number = $1`, [number]),
      ).toMatch(words[n]!);
    }
  });

  test('a row that an earlier release wrote under its own schema is as good, and not a byte of it may differ', async () => {
    const row = aSending();
    const older = (text: string): string => text.replace(/,"latency_warning":[a-z]+|,"opt_out_hint":"[^"]*"/, '');
    const codec: ReleasedCodec = {
      ...FIRST_RELEASE,
      earlierSchemas: (topic) => [`${topic}-value:0`],
      encodeAs: (_, topic, record) => Buffer.from(older(Buffer.from(FIRST_RELEASE.encode(topic, record)).toString())),
    };
    await undone(database, async (inside, tx) => {
      const ofDecision = `headers LIKE '%' || $1 || '%' AND headers LIKE '%mmm-signal-id%'`;
      const under = `UPDATE mmm_outbox SET headers = replace(headers, '-value:1"', '-value:0"') WHERE ${ofDecision}`;
      await tx.query(under, [row.decision_id]);
      // The schema is said to be another, and the bytes are still those of now.
      expect(await verifying.one(row.receipt, inside, START_MS, codec)).toMatch(/^published decision /);
      const rows = await tx.query<{ number: string; value: Buffer }>(
        `SELECT number, value FROM mmm_outbox WHERE ${ofDecision} AND topic <> 'mmm.receipts'`,
        [row.decision_id],
      );
      const set = 'UPDATE mmm_outbox SET value = $2 WHERE number = $1';
      for (const { number, value } of rows) {
        expect(older(value.toString())).not.toBe(value.toString());
        await tx.query(set, [number, Buffer.from(older(value.toString()))]);
      }
      expect(await verifying.one(row.receipt, inside, START_MS, codec)).toBe('verified');
      expect(await verifying.one(row.receipt, inside)).toMatch(/^published decision /);
      const { number, value } = rows.at(-1)!;
      for (const at of [0, 100, older(value.toString()).length - 1]) {
        await tx.query(set, [number, Buffer.from(flipped(older(value.toString()), at))]);
        expect(await verifying.one(row.receipt, inside, START_MS, codec)).toMatch(/^delivery /);
      }
    });
  });

  test('an outcome: its row, the decision it speaks of, its line of the journal, its receipt', async () => {
    const [first, worded] = [outcomes[0]!, outcomes[1]!];
    const change = async (outcome: typeof first, set: string) =>
      await verifying.after(outcome.receipt, `UPDATE mmm_outcomes SET ${set} WHERE outcome_id = $1`, [
        outcome.outcome_id,
      ]);
    for (const set of [
      `result = 'ignored'`,
      `reason = 'not_usefum'`,
      `occurred_at = occurred_at + interval '1 ms'`,
      `created_at = created_at + interval '1 ms'`,
    ])
      expect(await change(first, set)).toMatch(/^outcome outcome-0 \(stored\), for receipt field/);
    expect(await change(worded, `reason = reason || '.'`)).toMatch(/receipt field result.reason$/);
    expect(await change(first, `receipt = overlay(receipt PLACING 'x' FROM 30)`)).toBe('stored receipt');
    const ofDecision = `UPDATE mmm_decisions d SET %s FROM mmm_outcomes o WHERE o.decision_id = d.decision_id AND o.outcome_id = $1`;
    const altered = async (set: string) =>
      await verifying.after(first.receipt, ofDecision.replace('%s', set), [first.outcome_id]);
    expect(await altered(`trace = overlay(d.trace PLACING 'x' FROM 30)`)).toBe('trace of the decision');
    expect(await altered(`"read" = overlay(d."read" PLACING 'x' FROM 30)`)).toBe('what the decision read');
    expect(await altered(`receipt = overlay(d.receipt PLACING 'x' FROM 30)`)).toMatch(/^receipt of decision /);
    const own = `UPDATE mmm_journal SET facts = overlay(facts::text PLACING 'x' FROM 10)::json WHERE kind = 'outcome' AND facts::text LIKE '%outcome-0%'`;
    expect(await verifying.after(first.receipt, own, [])).toMatch(/^actor journal entry \d+$/);
  });
});

describe('one byte of the receipt itself', () => {
  test('is found at every place, and the signature or the field is named', async () => {
    const receipts = [aSending().receipt, outcomes[1]!.receipt];
    const names = new Map<string, number>();
    for (const receipt of receipts) {
      const altered = Array.from({ length: receipt.length }, (_, at) => flipped(receipt, at));
      const bySignature = await verifyReceipts(verifying.signatures, altered.map(given));
      expect(bySignature.filter(({ verdict }) => verdict.status !== 'failed')).toEqual([]);
      const some = altered.filter((_, at) => at % 9 === 0);
      for (const [at, judged] of (await verifying.all(some)).entries()) {
        expect({ at, status: judged.verdict.status }).toEqual({ at, status: 'failed' });
        const name = named(judged);
        expect(name).toMatch(/^(signature|receipt field [a-z_.[\]0-9]+)/);
        names.set(name, (names.get(name) ?? 0) + 1);
      }
    }
    for (const field of ['inputs.read_digest', 'result.trace_digest', 'snapshot_hash', 'timestamp_monotonic_ms'])
      expect(names.get(`receipt field ${field}`)).toBeGreaterThan(1);
  });

  test('one that was signed for something else names the field', async () => {
    const row = aSending();
    const { signature: _, ...other } = JSON.parse(row.receipt) as Record<string, unknown>;
    const text = JSON.stringify({ ...other, degraded: true });
    const [signature] = await signer.sign([text]);
    const [head, tail] = [
      text.slice(0, text.indexOf(',"snapshot_hash"')),
      text.slice(text.indexOf(',"snapshot_hash"')),
    ];
    const signed = `${head},"signature":"sig-ed25519:${signer.kid}:${signature!}"${tail}`;
    expect(await verifying.one(signed)).toBe('receipt field degraded');
  });
});

describe('what is not there any more', () => {
  const purged = async (tx: Queryable, row: Row, below: number): Promise<void> => {
    await tx.query(
      `INSERT INTO mmm_journal_purged SELECT tenant_id, actor_id, version, facts->>'c', decided_at_ms FROM mmm_journal
        WHERE actor_id = $1 AND version < $2 ORDER BY version DESC LIMIT 1`,
      [row.actor_id, below],
    );
    await tx.query('DELETE FROM mmm_journal WHERE actor_id = $1 AND version < $2', [row.actor_id, below]);
  };

  test('is said as such and never counted as verified', async () => {
    const row = decisions.findLast(({ actor_id }) => actor_id === 'dev2')!;
    await undone(database, async (inside, tx) => {
      await purged(tx, row, row.version - 5);
      expect(await verifying.one(row.receipt, inside)).toBe('past_retention');
      await tx.query('UPDATE mmm_journal_purged SET decided_at_ms = decided_at_ms - $1', [40 * DAY]);
      // As long ago as that no decision could see it; what is left then no longer gives the same.
      expect(await verifying.one(row.receipt, inside)).not.toBe('past_retention');
    });
    await undone(database, async (inside, tx) => {
      await purged(tx, row, row.version + 1);
      expect(await verifying.one(row.receipt, inside)).toBe('past_retention');
    });
    await undone(database, async (inside, tx) => {
      await tx.query('DELETE FROM mmm_decisions WHERE decision_id = $1', [row.decision_id]);
      expect(await verifying.one(row.receipt, inside, START_MS + 60 * DAY)).toBe('decision (stored)');
      expect(await verifying.one(row.receipt, inside, START_MS + 100 * DAY)).toBe('past_retention');
    });
  });

  test('the oldest entry that retention has left is still held against the chain', async () => {
    const row = decisions.findLast(({ actor_id }) => actor_id === 'dev2')!;
    await undone(database, async (inside, tx) => {
      await purged(tx, row, row.version - 1);
      await tx.query(`UPDATE mmm_journal SET result = 'late' WHERE actor_id = 'dev2' AND version = $1`, [
        row.version - 1,
      ]);
      expect(await verifying.one(row.receipt, inside)).toBe(`actor journal entry ${row.version - 1}`);
    });
  });

  test('an erased actor: only if the erasure is on record', async () => {
    const row = decisions.findLast(({ actor_id }) => actor_id === 'dev2')!;
    const ref = (JSON.parse(row.receipt) as { inputs: { actor_ref: string } }).inputs.actor_ref;
    await undone(database, async (inside, tx) => {
      await tx.query(`UPDATE mmm_actors SET receipt_key = NULL WHERE actor_id = 'dev2'`);
      expect(await verifying.one(row.receipt, inside)).toBe('actor receipt key');
      await tx.query(
        `INSERT INTO mmm_audit (tenant_id, who, what, subject, details) VALUES ($1, 'test', 'actor_erased', $2, '{}')`,
        [TENANT, ref],
      );
      expect(await verifying.one(row.receipt, inside)).toBe('erased');
      await tx.query('DELETE FROM mmm_decisions WHERE decision_id = $1', [row.decision_id]);
      expect(await verifying.one(row.receipt, inside)).toBe('erased');
    });
  });
});
