import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runningEmbeddedPostgres, startEmbeddedPostgres } from '../../adapters/embedded/embedded-postgres.ts';
import { type Database, openDatabase } from '../../adapters/postgres/database.ts';
import { knownMigrations, type MigrationState, migrationStatus } from '../../adapters/postgres/migrate.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Config } from '../../runtime/config.ts';
import { migrate } from './store.ts';

export interface MigrationOverview {
  /** `absent`: the embedded default was never started in this data folder. */
  readonly database: 'present' | 'absent';
  readonly applied: readonly string[];
  readonly states: readonly MigrationState[];
}

/** True when the embedded default was ever started on this data folder. */
export const embeddedDataExists = (config: Config): boolean => existsSync(join(config.dataDir, 'postgres-password'));

/** The address of the database of this configuration; on the embedded default without a running engine it is started for the time of `work`. */
export const withDatabaseUrl = async <T>(
  config: Config,
  logger: Logger,
  work: (url: string) => Promise<T>,
): Promise<T> => {
  if (config.distributed !== null) return await work(config.distributed.databaseUrl);
  const running = await runningEmbeddedPostgres(config.dataDir);
  if (running !== null) return await work(running);
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, logger });
  try {
    return await work(server.url);
  } finally {
    await server.stop();
  }
};

/** One connection without a role of ours: for a database that may not have them yet. */
export const withPlainDatabase = async <T>(
  url: string,
  logger: Logger,
  work: (database: Database) => Promise<T>,
): Promise<T> => {
  const database = openDatabase({ url, role: null, maxConnections: 1, applicationName: 'mmm-cli', logger });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
};

/** `mmm migrate`. Throws SCHEMA_TOO_NEW, DATABASE_UNAVAILABLE, DATA_FOLDER_IN_USE. */
export const migrationsOf = async (
  config: Config,
  logger: Logger,
  what: 'up' | 'status',
): Promise<MigrationOverview> => {
  if (what === 'status' && config.distributed === null && !embeddedDataExists(config)) {
    const known = await knownMigrations();
    return { database: 'absent', applied: [], states: known.map(({ name }) => ({ name, applied: false })) };
  }
  return await withDatabaseUrl(config, logger, async (url) => {
    const applied = what === 'up' ? await migrate(url, logger) : [];
    const states = await withPlainDatabase(url, logger, (database) => migrationStatus(database));
    return { database: 'present', applied, states };
  });
};
