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
  /**
   * A contract step takes something away that earlier releases use (expand, then contract): programs that do not know it may not run on it. Every
   * other migration only adds, so that processes of the release before go on, and start again, beside those of this one.
   */
  readonly contract: boolean;
}

export interface MigrationState {
  readonly name: string;
  readonly applied: boolean;
}

/** The first line of a file that is a contract step; the reason follows. */
const CONTRACT = /^-- contract: \S/;

/** The migrations this program knows, in order. */
export const knownMigrations = async (folder = FOLDER): Promise<readonly Migration[]> => {
  const names = (await readdir(folder)).filter((name) => FILE.test(name)).sort();
  return await Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), 'utf8');
      const digest = createHash('sha256').update(sql).digest('hex');
      return { number: Number(name.slice(0, 4)), name, sql, digest, contract: CONTRACT.test(sql) };
    }),
  );
};

interface Applied {
  readonly number: number;
  /** Null: whoever applied it did not say (the table had no such column). */
  readonly contract: boolean | null;
}

const appliedTo = async (database: Queryable): Promise<readonly Applied[]> => {
  const there = await database.query<{ there: boolean }>(
    `SELECT to_regclass('public.mmm_schema_migrations') IS NOT NULL AS there`,
  );
  if (there[0]?.there !== true) return [];
  // By way of JSON: the column came after the first release, and reading must not need it.
  return await database.query<Applied>(
    `SELECT m.number, (to_jsonb(m) ->> 'contract')::boolean AS contract FROM mmm_schema_migrations m ORDER BY number`,
  );
};

/** What this program does not know and what was only added is no matter to it; anything else is, and not knowing which is as bad (G6). */
const refuseNotUnderstood = (applied: readonly Applied[], known: readonly Migration[]): void => {
  const numbers = new Set(known.map(({ number }) => number));
  const beyond = applied.filter(({ number, contract }) => !numbers.has(number) && contract !== false);
  if (beyond.length === 0) return;
  const program = known.at(-1)?.number ?? 0;
  throw new MmmError('SCHEMA_TOO_NEW', undefined, {
    details: { not_understood: beyond.map(({ number }) => number).join(', '), program },
  });
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
      const there = await appliedTo(tx);
      refuseNotUnderstood(there, known);
      if (there.some(({ number }) => number === migration.number)) return false;
      await tx.query(
        'CREATE TABLE IF NOT EXISTS mmm_schema_migrations (number integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
      );
      await tx.query(
        'ALTER TABLE mmm_schema_migrations ADD COLUMN IF NOT EXISTS contract boolean NOT NULL DEFAULT false',
      );
      await tx.query('GRANT SELECT ON mmm_schema_migrations TO PUBLIC');
      await tx.query(migration.sql);
      await tx.query('INSERT INTO mmm_schema_migrations (number, name, digest, contract) VALUES ($1, $2, $3, $4)', [
        migration.number,
        migration.name,
        migration.digest,
        migration.contract,
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
  const applied = await appliedTo(database);
  refuseNotUnderstood(applied, known);
  const numbers = new Set(applied.map(({ number }) => number));
  return known.map(({ number, name }) => ({ name, applied: numbers.has(number) }));
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
