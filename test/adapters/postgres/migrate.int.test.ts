import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { getTableColumns, getTableName } from 'drizzle-orm';
import { checkServer } from '../../../src/adapters/postgres/database.ts';
import { checkSchema, knownMigrations, migrateUp, migrationStatus } from '../../../src/adapters/postgres/migrate.ts';
import * as schema from '../../../src/adapters/postgres/schema.ts';
import { ensurePartitionCount } from '../../../src/adapters/postgres/partition-setting.ts';
import type { TestDatabase } from './test-database.ts';
import { makeDatabase } from './test-database.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await makeDatabase({ migrate: false });
});
afterEach(async () => {
  await database.drop();
});

test('an empty database is refused, migrated once, and then has nothing left to do', async () => {
  await expect(checkSchema(database.owner)).rejects.toMatchObject({ code: 'SCHEMA_NOT_MIGRATED' });
  expect((await migrationStatus(database.owner)).every((one) => !one.applied)).toBe(true);
  const names = (await knownMigrations()).map((one) => one.name);
  expect(await migrateUp(database.owner)).toEqual(names);
  expect(await migrateUp(database.owner)).toEqual([]);
  await checkSchema(database.pipeline);
  expect((await migrationStatus(database.api)).every((one) => one.applied)).toBe(true);
});

test('four processes that migrate at once apply each file once', async () => {
  const done = await Promise.all([1, 2, 3, 4].map(async () => await migrateUp(database.open(null))));
  expect(done.flat().sort()).toEqual((await knownMigrations()).map((one) => one.name));
});

/** A folder with the migrations of the program and these files after them. */
const folderWith = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'mmm-migrations-'));
  await cp(join(import.meta.dirname, '../../../migrations'), folder, { recursive: true });
  for (const [name, sql] of Object.entries(files)) await writeFile(join(folder, name), sql);
  return folder;
};

test('a program runs on a database that a newer release has only added to, and migrates nothing there', async () => {
  const newer = await folderWith({ '9001_more.sql': 'ALTER TABLE mmm_settings ADD COLUMN remark text;' });
  try {
    expect(await migrateUp(database.owner, newer)).toContain('9001_more.sql');
    await checkSchema(database.pipeline);
    expect(await migrateUp(database.owner)).toEqual([]);
    expect((await migrationStatus(database.api)).map((one) => one.name)).not.toContain('9001_more.sql');
  } finally {
    await rm(newer, { recursive: true });
  }
});

test('a program is refused on a database that a newer release has taken something from (a contract step)', async () => {
  const contract =
    '-- contract: nobody reads it since the release before\nALTER TABLE mmm_settings DROP COLUMN updated_at;';
  const newer = await folderWith({ '9001_more.sql': 'SELECT 1;', '9002_less.sql': contract });
  try {
    await migrateUp(database.owner, newer);
    for (const call of [migrateUp, checkSchema, migrationStatus]) {
      await expect(call(database.owner)).rejects.toMatchObject({
        code: 'SCHEMA_TOO_NEW',
        details: { not_understood: '9002' },
      });
    }
    await checkSchema(database.owner, newer);
  } finally {
    await rm(newer, { recursive: true });
  }
});

test('a step of which nobody said whether it takes something away counts as one that does', async () => {
  await migrateUp(database.owner);
  await database.owner.query('ALTER TABLE mmm_schema_migrations DROP COLUMN contract');
  await checkSchema(database.owner);
  await database.owner.query(`INSERT INTO mmm_schema_migrations (number, name, digest) VALUES (9001, 'x', 'x')`);
  await expect(checkSchema(database.owner)).rejects.toMatchObject({ code: 'SCHEMA_TOO_NEW' });
});

test('a file that fails leaves nothing of itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mmm-migrations-'));
  try {
    await writeFile(join(folder, '0001_bad.sql'), 'CREATE TABLE half (id integer); SELECT 1 / 0;');
    await expect(migrateUp(database.owner, folder)).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(await database.owner.query(`SELECT to_regclass('half') AS half`)).toEqual([{ half: null }]);
    expect((await migrationStatus(database.owner, folder))[0]?.applied).toBe(false);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('schema.ts names only tables and columns that the migrations make, with their types and nullability (D-95 empty migration, model and schema apart)', async () => {
  await migrateUp(database.owner);
  const typeNames: Record<string, string> = { 'timestamp (3) with time zone': 'timestamp with time zone' };
  for (const table of Object.values(schema)) {
    const rows = await database.owner.query<{ name: string; type: string; nullable: string }>(
      'SELECT column_name AS name, data_type AS type, is_nullable AS nullable FROM information_schema.columns WHERE table_name = $1',
      [getTableName(table)],
    );
    const made = new Map(rows.map((row) => [row.name, row]));
    for (const column of Object.values(getTableColumns(table))) {
      const type = column.getSQLType();
      expect([getTableName(table), column.name, typeNames[type] ?? type, column.notNull ? 'NO' : 'YES']).toEqual([
        getTableName(table),
        made.get(column.name)?.name,
        made.get(column.name)?.type,
        made.get(column.name)?.nullable,
      ]);
    }
  }
});

test('indexes that the requirements name are there (R-100)', async () => {
  await migrateUp(database.owner);
  const rows = await database.owner.query<{ indexdef: string }>(
    `SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'`,
  );
  const defs = rows.map((row) => row.indexdef.split(' USING ')[1]);
  expect(defs).toEqual(expect.arrayContaining(['btree (tenant_id, status)', 'btree (tenant_id, decided_at)']));
});

test('a server that may forget is refused', async () => {
  await checkServer(database.owner);
  const forgetful = {
    query: async <Row>(): Promise<readonly Row[]> => [{ fsync: 'on', commit: 'off', version: '180000' }] as Row[],
  };
  await expect(checkServer(forgetful)).rejects.toMatchObject({ code: 'DATABASE_NOT_DURABLE' });
  await database.owner.transaction(async (tx) => {
    await tx.query('SET LOCAL synchronous_commit = off');
    await expect(checkServer(tx)).rejects.toMatchObject({ code: 'DATABASE_NOT_DURABLE' });
  });
});

test('the partition count is what was stored first', async () => {
  await migrateUp(database.owner);
  expect(await ensurePartitionCount(database.pipeline, 6)).toBe(6);
  expect(await ensurePartitionCount(database.pipeline, 12)).toBe(6);
});
