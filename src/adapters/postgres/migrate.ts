import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MmmError } from '../../errors.ts';
import type { Database, Queryable } from './database.ts';

/** Any fixed number: two migrating processes wait for each other on it. */
const LOCK_ID = 7_305_113;
const FOLDER = join(import.meta.dirname, '../../../migrations');
const FILE = /^(\d{4})_[a-z0-9_]+\.sql$/;

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly digest: string;
}

export interface MigrationState {
  readonly name: string;
  readonly applied: boolean;
}

/** The migrations this program knows, in order. */
export const knownMigrations = async (folder = FOLDER): Promise<readonly Migration[]> => {
  const names = (await readdir(folder)).filter((name) => FILE.test(name)).sort();
  return await Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), 'utf8');
      return { number: Number(name.slice(0, 4)), name, sql, digest: createHash('sha256').update(sql).digest('hex') };
    }),
  );
};

const appliedNumbers = async (database: Queryable): Promise<readonly number[]> => {
  const there = await database.query<{ there: boolean }>(
    `SELECT to_regclass('public.mmm_schema_migrations') IS NOT NULL AS there`,
  );
  if (there[0]?.there !== true) return [];
  const rows = await database.query<{ number: number }>('SELECT number FROM mmm_schema_migrations ORDER BY number');
  return rows.map((row) => row.number);
};

const refuseNewer = (applied: readonly number[], known: readonly Migration[]): void => {
  const last = applied.at(-1) ?? 0;
  const newest = known.at(-1)?.number ?? 0;
  if (last > newest) throw new MmmError('SCHEMA_TOO_NEW', undefined, { details: { database: last, program: newest } });
};

/**
 * Brings the database up to this program, each file in a transaction of its own, and answers the names it applied. Idempotent; of two
 * processes one waits for the other. Throws SCHEMA_TOO_NEW. The role must own the database's schema and may create roles.
 */
export const migrateUp = async (database: Database, folder?: string): Promise<readonly string[]> => {
  const known = await knownMigrations(folder);
  const done: string[] = [];
  for (const migration of known) {
    const applied = await database.transaction(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock($1)', [LOCK_ID]);
      const numbers = await appliedNumbers(tx);
      refuseNewer(numbers, known);
      if (numbers.includes(migration.number)) return false;
      await tx.query(
        'CREATE TABLE IF NOT EXISTS mmm_schema_migrations (number integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
      );
      await tx.query('GRANT SELECT ON mmm_schema_migrations TO PUBLIC');
      await tx.query(migration.sql);
      await tx.query('INSERT INTO mmm_schema_migrations (number, name, digest) VALUES ($1, $2, $3)', [
        migration.number,
        migration.name,
        migration.digest,
      ]);
      return true;
    });
    if (applied) done.push(migration.name);
  }
  return done;
};

/** Each known migration and whether it is applied. Throws SCHEMA_TOO_NEW. */
export const migrationStatus = async (database: Queryable, folder?: string): Promise<readonly MigrationState[]> => {
  const known = await knownMigrations(folder);
  const applied = await appliedNumbers(database);
  refuseNewer(applied, known);
  return known.map(({ number, name }) => ({ name, applied: applied.includes(number) }));
};

/** At start: throws SCHEMA_NOT_MIGRATED or SCHEMA_TOO_NEW. */
export const checkSchema = async (database: Queryable, folder?: string): Promise<void> => {
  const missing = (await migrationStatus(database, folder)).filter((state) => !state.applied);
  if (missing.length > 0) {
    throw new MmmError('SCHEMA_NOT_MIGRATED', undefined, {
      details: { missing: missing.map((state) => state.name).join(', ') },
    });
  }
};
