import { runningEmbeddedPostgres, startEmbeddedPostgres } from '../../adapters/embedded/embedded-postgres.ts';
import { checkServer, type Database, openDatabase } from '../../adapters/postgres/database.ts';
import { checkSchema, migrateUp } from '../../adapters/postgres/migrate.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Config } from '../../runtime/config.ts';

/** 5 to 20 connections in all. The pipeline holds one per partition session at work; HTTP reads and writes are short. */
const PIPELINE_CONNECTIONS = 12;
const API_CONNECTIONS = 6;

/** PostgreSQL, wherever it runs: one pool for each of the two roles (design 4). */
export interface Store {
  readonly url: string;
  readonly pipeline: Database;
  readonly api: Database;
  /** Resolves with a reason when the embedded server ends without being asked; never settles otherwise. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/**
 * `engine`: this process is the engine; on the embedded default it starts PostgreSQL and takes the data folder. `command`: a command beside it; it uses
 * the running engine's PostgreSQL, or starts it for as long as the command runs. Throws what the adapters throw.
 */
export const openStore = async (config: Config, logger: Logger, as: 'engine' | 'command'): Promise<Store> => {
  if (config.distributed !== null) return connected(config.distributed.databaseUrl, logger, null);
  const running = as === 'command' ? await runningEmbeddedPostgres(config.dataDir) : null;
  if (running !== null) return connected(running, logger, null);
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, logger });
  try {
    await migrate(server.url, logger);
    return await connected(server.url, logger, server);
  } catch (error) {
    await server.stop();
    throw error;
  }
};

/** Brings the database of this configuration to this release; answers the names of what was applied. */
export const migrate = async (url: string, logger: Logger): Promise<readonly string[]> => {
  const owner = openDatabase({
    url,
    role: null,
    maxConnections: 1,
    applicationName: 'mmm-migrate',
    logger,
    noStatementTimeout: true,
  });
  try {
    return await migrateUp(owner);
  } finally {
    await owner.close();
  }
};

const connected = async (
  url: string,
  logger: Logger,
  server: { readonly ended: Promise<string>; stop(): Promise<void> } | null,
): Promise<Store> => {
  const open = (role: 'mmm_pipeline' | 'mmm_api', maxConnections: number): Database =>
    openDatabase({ url, role, maxConnections, applicationName: `mmm-engine ${role}`, logger });
  const pipeline = open('mmm_pipeline', PIPELINE_CONNECTIONS);
  const api = open('mmm_api', API_CONNECTIONS);
  const close = async (): Promise<void> => {
    await Promise.all([pipeline.close(), api.close()]);
    await server?.stop();
  };
  try {
    // The schema first: the roles that the pools take come with it.
    await checkWith(url, logger, checkSchema);
    await checkServer(pipeline);
  } catch (error) {
    await Promise.all([pipeline.close(), api.close()]);
    throw error;
  }
  return { url, pipeline, api, ended: server?.ended ?? new Promise(() => {}), close };
};

const checkWith = async (url: string, logger: Logger, check: (database: Database) => Promise<void>): Promise<void> => {
  const database = openDatabase({ url, role: null, maxConnections: 1, applicationName: 'mmm-check', logger });
  try {
    await check(database);
  } finally {
    await database.close();
  }
};
