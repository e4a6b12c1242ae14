import { expect } from '@jest/globals';
import { type SigningKey, verifySignature } from '../../../src/adapters/keys/ed25519-signer.ts';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import type { Database, Queryable } from '../../../src/adapters/postgres/database.ts';
import { recordedDeps } from '../../../src/entrypoints/composition/recorded.ts';
import { reexecutionOf } from '../../../src/entrypoints/composition/receipt-verification.ts';
import {
  type JudgedReceipt,
  verifyReceipts,
  type VerifyReceiptsDeps,
} from '../../../src/replay/verify/verify-receipts.ts';
import type { TestDatabase } from '../../adapters/postgres/test-database.ts';
import { withEarlierSchemas } from '../../../src/adapters/registry/released-codec.ts';
import type { ReleasedCodec } from '../../../src/pipeline/ports/codec.ts';
import { jsonCodec } from '../../pipeline/harness.ts';
import { START_MS } from '../recorded-history.ts';
import { drawing, flipped, undone } from './tamper.ts';

/** What is named: `verified`, why it is by signature only, or the thing that differs. */
export const named = ({ verdict }: JudgedReceipt): string =>
  verdict.status === 'failed' ? verdict.difference.what : verdict.status === 'verified' ? 'verified' : verdict.why;

/** No schema has an earlier version. */
export const FIRST_RELEASE = withEarlierSchemas(jsonCodec, '', []);

/** The verification over a recorded history, in the database as it is or as a transaction has changed it. */
export class Verifying {
  readonly signatures: VerifyReceiptsDeps;
  readonly #database: TestDatabase;
  /** One for all: it holds no rules, and making it anew for each change was most of the time. */
  readonly #compile: ReturnType<typeof recordedDeps>['compile'];

  constructor(database: TestDatabase, signer: SigningKey) {
    this.#database = database;
    this.#compile = recordedDeps(database).compile;
    const publicKeyOf = (kid: string) => (kid === signer.kid ? signer.publicKeyPem : undefined);
    this.signatures = {
      trust: { publicKeyOf, verify: verifySignature },
      sha256: uuidIds.sha256,
      filter: { tenantId: null, sinceMs: null },
      reexecute: null,
      why: 'not_asked',
    };
  }

  async all(
    receipts: readonly string[],
    over: Database = this.#database.owner,
    nowMs = START_MS,
    codec: ReleasedCodec = FIRST_RELEASE,
  ): Promise<readonly JudgedReceipt[]> {
    const reexecute = { ...reexecutionOf({ api: over, pipeline: over }, codec, nowMs), compile: this.#compile };
    return await verifyReceipts({ ...this.signatures, reexecute }, receipts.map(given));
  }

  async one(
    receipt: string,
    over: Database = this.#database.owner,
    nowMs = START_MS,
    codec: ReleasedCodec = FIRST_RELEASE,
  ): Promise<string> {
    return named((await this.all([receipt], over, nowMs, codec))[0]!);
  }

  /** Changes one value in a transaction that is undone, and answers what the receipt is then said to differ in. Null: the database refuses the change. */
  async after(receipt: string, sql: string, values: readonly unknown[]): Promise<string | null> {
    let answer: string | null = null;
    await undone(this.#database, async (inside, tx) => {
      if (await changes(tx, sql, values)) answer = await this.one(receipt, inside);
    });
    return answer;
  }
}

export const given = (text: string, at: number) => ({ at: String(at), bytes: Buffer.from(text, 'utf8') });

const changes = async (tx: Queryable, sql: string, values: readonly unknown[]): Promise<boolean> => {
  await tx.query('SAVEPOINT before');
  try {
    const rows = await tx.query(`${sql} RETURNING 1`, values);
    if (rows.length === 0) throw new Error(`nothing to change: ${sql}`);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('nothing to change')) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT before');
    return false;
  }
};

/** Some flips of a text at drawn places, each tried until the database takes it. */
export const flips = async (
  text: string,
  count: number,
  attempt: (altered: string) => Promise<string | null>,
  within: readonly [from: number, to: number] = [0, text.length],
): Promise<string[]> => {
  const draw = drawing(text.length * 31 + within[0]);
  const answers: string[] = [];
  for (let tries = 0; answers.length < count && tries < count * 60; tries += 1) {
    const altered = flipped(text, within[0] + draw(within[1] - within[0]));
    if (altered === text) continue;
    const answer = await attempt(altered);
    if (answer !== null) answers.push(answer);
  }
  expect(answers).toHaveLength(count);
  return answers;
};
export const everyOne = (what: string, answers: readonly string[]): void =>
  expect(answers).toEqual(answers.map(() => what));
