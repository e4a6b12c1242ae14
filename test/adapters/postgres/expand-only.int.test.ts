import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Database, Queryable } from '../../../src/adapters/postgres/database.ts';
import { knownMigrations, migrateUp } from '../../../src/adapters/postgres/migrate.ts';
import { lastRelease } from '../../migrations/released.ts';
import { brokenPromises, catalogueOf, type Catalogue } from './catalogue.ts';
import { makeDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase;
let released: Catalogue;

/** Applies the files one after the other, and answers what each of them has broken of what stood after the release. */
const breakages = async (owner: Queryable, from: Catalogue): Promise<Record<string, readonly string[]>> => {
  const { migrations } = lastRelease();
  const broken: Record<string, readonly string[]> = {};
  let known = new Set(brokenPromises(from, from));
  for (const { name, sql, contract } of await knownMigrations()) {
    if (migrations.has(name)) continue;
    // A contract step is for the release after the one that stopped using the thing: beside it the release before does not run (SCHEMA_TOO_NEW).
    if (contract) break;
    await owner.query(sql);
    const all = brokenPromises(from, await catalogueOf(owner));
    broken[name] = all.filter((fault) => !known.has(fault));
    known = new Set(all);
  }
  return broken;
};

beforeAll(async () => {
  database = await makeDatabase({ migrate: false });
  const { migrations } = lastRelease();
  for (const { name, sql } of await knownMigrations()) if (migrations.has(name)) await database.owner.query(sql);
  released = await catalogueOf(database.owner);
});
afterAll(async () => await database.drop());

test('each migration since the last release only adds: a process of that release goes on beside it', async () => {
  expect(released.size).toBeGreaterThan(200);
  const broken = await breakages(database.owner, released);
  // A migration named here takes something away or asks for more. Make it add beside what is there; take the old thing away in a later release, in a
  // file that begins with "-- contract: <why nobody uses it any more>".
  expect(Object.entries(broken).filter(([, faults]) => faults.length > 0)).toEqual([]);
});

describe('what is no mere addition is named', () => {
  class Undo extends Error {}
  /** In a transaction that is rolled back. */
  const after = async (owner: Database, sql: string): Promise<readonly string[]> => {
    let found: readonly string[] = [];
    await owner
      .transaction(async (tx) => {
        const before = await catalogueOf(tx);
        await tx.query(sql);
        found = brokenPromises(before, await catalogueOf(tx));
        throw new Undo();
      })
      .catch((error: { cause?: unknown }) => {
        if (!(error instanceof Undo) && !(error.cause instanceof Undo)) throw error;
      });
    return found;
  };

  test.each<[string, RegExp]>([
    ['DROP TABLE mmm_audit', /^table mmm_audit is gone/],
    ['ALTER TABLE mmm_outbox RENAME COLUMN headers TO head', /^column mmm_outbox.headers is gone/],
    [
      'ALTER TABLE mmm_outbox ALTER COLUMN number TYPE numeric',
      /^column mmm_outbox.number: type was bigint and is numeric/,
    ],
    [
      'ALTER TABLE mmm_journal ALTER COLUMN signal SET NOT NULL',
      /^column mmm_journal.signal: not_null was false and is true/,
    ],
    ['ALTER TABLE mmm_journal ADD COLUMN extra text NOT NULL', /^column mmm_journal.extra must be given/],
    [
      'ALTER TABLE mmm_outbox ALTER COLUMN created_at DROP DEFAULT',
      /^column mmm_outbox.created_at: filled was true and is false/,
    ],
    [
      `ALTER TABLE mmm_journal ADD CHECK (result <> 'late')`,
      /^check mmm_journal.* refuses what programs of before may write/,
    ],
    [
      `ALTER TABLE mmm_playbooks DROP CONSTRAINT mmm_playbooks_status_check,
         ADD CONSTRAINT mmm_playbooks_status_check CHECK (status IN ('draft', 'published'))`,
      /^check mmm_playbooks.mmm_playbooks_status_check: definition was/,
    ],
    ['CREATE UNIQUE INDEX one ON mmm_journal (decision_id)', /^unique mmm_journal.one refuses/],
    ["CREATE UNIQUE INDEX one ON mmm_experiments ((config ->> 'x'))", /^unique mmm_experiments.one refuses/],
    [
      'ALTER TABLE mmm_actions ADD FOREIGN KEY (tenant_id, decision_id) REFERENCES mmm_decisions',
      /^foreign key mmm_actions.* refuses/,
    ],
    [
      `CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
       CREATE TRIGGER never BEFORE INSERT ON mmm_journal FOR EACH ROW EXECUTE FUNCTION never()`,
      /^trigger mmm_journal.never changes what programs of before write/,
    ],
    ['DROP FUNCTION mmm_timeline() CASCADE', /^function mmm_timeline\(\) is gone/],
    [`DO $$ BEGIN EXECUTE 'DROP FUNCTION mmm_timeline() CASCADE'; END $$`, /^function mmm_timeline\(\) is gone/],
    ['REVOKE SELECT ON mmm_shards FROM mmm_pipeline', /^grant SELECT on mmm_shards to mmm_pipeline is gone/],
    ['ALTER POLICY pipeline ON mmm_journal USING (false)', /^policy mmm_journal.pipeline: using was true and is false/],
  ])('%s', async (sql, fault) => {
    expect(await after(database.owner, sql)).toEqual(expect.arrayContaining([expect.stringMatching(fault)]));
  });

  test.each([
    "CREATE TABLE mmm_new (id integer PRIMARY KEY, status text NOT NULL CHECK (status IN ('a')))",
    'ALTER TABLE mmm_journal ADD COLUMN extra text UNIQUE, ADD COLUMN more integer NOT NULL DEFAULT 0 CHECK (more >= 0)',
    "ALTER TABLE mmm_outbox ALTER COLUMN topic DROP NOT NULL, ALTER COLUMN topic SET DEFAULT 'x'",
    'DROP INDEX mmm_journal_context',
    `ALTER TABLE mmm_playbooks DROP CONSTRAINT mmm_playbooks_status_check,
       ADD CONSTRAINT mmm_playbooks_status_check CHECK (status IN ('draft', 'published', 'deprecated', 'shadow', 'hidden'))`,
    'ALTER TABLE mmm_playbooks DROP CONSTRAINT mmm_playbooks_status_check',
    `CREATE FUNCTION mmm_timeline(p integer) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'`,
  ])('and this adds: %s', async (sql) => {
    expect(await after(database.owner, sql)).toEqual([]);
  });
});

test('what this suite applied by hand is what the program applies', async () => {
  const other = await makeDatabase({ migrate: false });
  try {
    await migrateUp(other.owner);
    expect([...(await catalogueOf(other.owner)).keys()].sort()).toEqual(
      [...(await catalogueOf(database.owner)).keys()].sort(),
    );
  } finally {
    await other.drop();
  }
});
