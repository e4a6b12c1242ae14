import { runningEmbeddedPostgres, startEmbeddedPostgres } from '../../adapters/embedded/embedded-postgres.ts';
import { checkServer, type Database, openDatabase } from '../../adapters/postgres/database.ts';
import { checkSchema } from '../../adapters/postgres/migrate.ts';
import { databaseNow, storedPartitions } from '../../adapters/postgres/operations.ts';
import { type Check, check } from '../../admin/queries/run-checks.ts';
import { MmmError } from '../../errors.ts';
import type { Config } from '../../runtime/config.ts';
import { SILENT_LOGGER } from '../cli/silent-logger.ts';
import { embeddedDataExists } from './command-migrations.ts';

/** decided_at comes from the engine's clock, retention from the database's; more than this makes logs of the two hard to lay side by side. */
const CLOCK_SKEW_MS = 2_000;
const NOTHING_YET = 'nothing there yet: the first start makes it';

export interface DatabaseChecks {
  readonly checks: readonly Check[];
  /** Null: none stored, or no database to ask. */
  readonly storedPartitions: () => Promise<number | null>;
  close(): Promise<void>;
}

export const databaseChecks = (config: () => Config): DatabaseChecks => {
  let open: { readonly plain: Database; readonly pipeline: Database; stop(): Promise<void> } | null = null;

  const connect = async (): Promise<string> => {
    const { url, stop, how } = await addressOf(config());
    if (url === null) return how;
    const common = { url, maxConnections: 1, applicationName: 'mmm-doctor', logger: SILENT_LOGGER };
    open = {
      plain: openDatabase({ ...common, role: null }),
      pipeline: openDatabase({ ...common, role: 'mmm_pipeline' }),
      stop,
    };
    const rows = await open.plain.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
    return `PostgreSQL ${rows[0]?.version ?? ''} ${how}`;
  };
  const ask = (run: (database: Database) => Promise<string>) => async (): Promise<string> =>
    open === null ? NOTHING_YET : await run(open.plain);

  return {
    checks: [
      check('postgresql', ['configuration'], connect),
      check(
        'postgresql durable',
        ['postgresql'],
        ask(async (database) => {
          await checkServer(database);
          return 'fsync and synchronous_commit are on, version 15 or later';
        }),
      ),
      check(
        'postgresql schema',
        ['postgresql'],
        ask(async (database) => {
          await checkSchema(database);
          return 'at this release';
        }),
      ),
      check('clock', ['postgresql'], ask(clockSkew), true),
    ],
    storedPartitions: async () => (open === null ? null : await storedPartitions(open.pipeline)),
    close: async () => {
      await open?.plain.close();
      await open?.pipeline.close();
      await open?.stop();
    },
  };
};

const nothing = async (): Promise<void> => undefined;

/** Without a running engine the embedded server is started for as long as the doctor looks, never made. */
const addressOf = async (
  config: Config,
): Promise<{ readonly url: string | null; readonly how: string; readonly stop: () => Promise<void> }> => {
  if (config.distributed !== null) return { url: config.distributed.databaseUrl, how: 'answers', stop: nothing };
  if (!embeddedDataExists(config)) return { url: null, how: NOTHING_YET, stop: nothing };
  const running = await runningEmbeddedPostgres(config.dataDir);
  if (running !== null) return { url: running, how: '(embedded, of the running engine) answers', stop: nothing };
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, logger: SILENT_LOGGER });
  return { url: server.url, how: '(embedded, started for this check) answers', stop: () => server.stop() };
};

const clockSkew = async (database: Database): Promise<string> => {
  const before = Date.now();
  const there = await databaseNow(database);
  const after = Date.now();
  const skewMs = Math.round(there - (before + after) / 2);
  if (Math.abs(skewMs) - (after - before) <= CLOCK_SKEW_MS) return `${skewMs} ms from PostgreSQL's`;
  throw new MmmError(
    'DEPENDENCY_UNAVAILABLE',
    `this machine's clock is ${-skewMs} ms ahead of PostgreSQL's; set both by NTP`,
  );
};
