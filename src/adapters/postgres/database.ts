import pg from 'pg';
import { MmmError } from '../../errors.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import { asDatabaseError } from './database-errors.ts';
import { openListener } from './listener.ts';
import type { Listener } from './listener.ts';

/** The server ends a statement after this; a commit of 500 signals takes some 50 ms, so ten seconds is a fault. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** A lock is held for the length of one commit; half the statement's time, so that the answer names the lock. */
const LOCK_TIMEOUT_MS = 5_000;
/** The client stops waiting after this even if the server hangs or the network swallows packets. */
const QUERY_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** An idle transaction holds a shard's row and so stops its partition. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;

export interface DatabaseOptions {
  readonly url: string;
  /** The role every connection takes; null keeps the one that logs in (migrations only). */
  readonly role: 'mmm_pipeline' | 'mmm_api' | null;
  /** 5 to 20. */
  readonly maxConnections: number;
  readonly applicationName: string;
  readonly logger: Logger;
  /** For long migrations: no time limit for statements. */
  readonly noStatementTimeout?: boolean;
}

export interface Queryable {
  query<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** A pool of connections. Every error is one of the catalogue (DATABASE_UNAVAILABLE, our SQLSTATEs, INTERNAL_ERROR). */
export interface Database extends Queryable {
  transaction<T>(work: (tx: Queryable, client: pg.PoolClient) => Promise<T>): Promise<T>;
  /** Calls back with each payload, and with null when something may have been missed. Returns the way to stop. */
  listen(channel: string, callback: (payload: string | null) => void): () => void;
  close(): Promise<void>;
}

const queryOn = async <Row>(
  target: pg.Pool | pg.PoolClient,
  text: string,
  values?: readonly unknown[],
): Promise<readonly Row[]> => {
  try {
    const answer = await target.query(text, values === undefined ? [] : [...values]);
    return answer.rows as Row[];
  } catch (error) {
    throw asDatabaseError(error);
  }
};

const connectionConfig = (options: DatabaseOptions): pg.PoolConfig => ({
  connectionString: options.url,
  application_name: options.applicationName,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  // A new connection costs a log-in and SET ROLE: kept over quiet moments.
  idleTimeoutMillis: 60_000,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  ...(options.noStatementTimeout === true
    ? {}
    : { statement_timeout: STATEMENT_TIMEOUT_MS, lock_timeout: LOCK_TIMEOUT_MS, query_timeout: QUERY_TIMEOUT_MS }),
});

export const openDatabase = (options: DatabaseOptions): Database => {
  const config = connectionConfig(options);
  const poolConfig = {
    ...config,
    max: options.maxConnections,
    // Awaited before the connection is given out: a connection without its role would not be bound by row level security.
    onConnect: async (client: pg.ClientBase) => {
      if (options.role !== null) await client.query(`SET ROLE ${options.role}`);
    },
  };
  const pool = new pg.Pool(poolConfig);
  const lost = (error: Error): void => options.logger.warn('database_connection_lost', { error });
  // Without a handler the process would end: the pool's own is for idle connections, this one for a connection that breaks while it is held
  // by a transaction and between two statements (the next statement then fails, which is how the caller learns of it).
  pool.on('connect', (client) => client.on('error', lost));
  pool.on('error', lost);
  let listener: Listener | null = null;

  return {
    query: async (text, values) => await queryOn(pool, text, values),
    async transaction(work) {
      const client = await pool.connect().catch((error: unknown) => {
        throw asDatabaseError(error);
      });
      let broken: Error | undefined;
      try {
        await queryOn(client, 'BEGIN');
        const result = await work({ query: async (text, values) => await queryOn(client, text, values) }, client);
        await queryOn(client, 'COMMIT');
        return result;
      } catch (error) {
        const mapped = asDatabaseError(error);
        await client.query('ROLLBACK').catch((cause: Error) => {
          broken = cause;
        });
        throw mapped;
      } finally {
        client.release(broken ?? false);
      }
    },
    listen(channel, callback) {
      listener ??= openListener(config, options.logger);
      return listener.listen(channel, callback);
    },
    async close() {
      await listener?.close();
      await pool.end();
    },
  };
};

/** Refuses a server that may forget what it has answered (design 3.2). Throws DATABASE_NOT_DURABLE. */
export const checkServer = async (database: Queryable): Promise<void> => {
  const rows = await database.query<{ fsync: string; commit: string; version: string }>(
    `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit, current_setting('server_version_num') AS version`,
  );
  const settings = rows[0];
  if (settings === undefined || settings.fsync !== 'on' || settings.commit === 'off') {
    throw new MmmError('DATABASE_NOT_DURABLE', undefined, {
      details: { fsync: settings?.fsync ?? '', synchronous_commit: settings?.commit ?? '' },
    });
  }
  if (Number(settings.version) < 150_000) {
    throw new MmmError('PREREQUISITE_MISSING', 'PostgreSQL 15 or later is needed', {
      details: { server_version_num: settings.version },
    });
  }
};
