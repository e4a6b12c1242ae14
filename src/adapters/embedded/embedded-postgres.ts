import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { MmmError } from '../../errors.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import { lockDataFolder } from './engine-lock.ts';
import { serverOn, stopLeftover } from './leftover-server.ts';
import { postgresPlace } from './postgres-place.ts';
import type { PostgresPlace } from './postgres-place.ts';

const run = promisify(execFile);
const HOST = '127.0.0.1';
const USER = 'mmm';
const DATABASE = 'mmm';
const PASSWORD_BYTES = 24;
/** Start-up after a crash replays at most max_wal_size; that took 2 s. */
const START_LIMIT_MS = 60_000;
/** PostgreSQL has no event for "ready" that is not a text in its log; connecting is what the engine will do next anyway. */
const READY_POLL_MS = 25;
const SETTINGS = [
  `listen_addresses=${HOST}`,
  'unix_socket_directories=',
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  'timezone=UTC',
  'max_connections=80',
  'shared_buffers=128MB',
  'max_wal_size=512MB',
  'jit=off',
  'log_timezone=UTC',
];

export interface EmbeddedPostgres {
  /** As the superuser of this server, which no one but this data folder's owner can reach. */
  readonly url: string;
  readonly pid: number;
  /** Rejects never; resolves with a text when the server ended without being asked. */
  readonly ended: Promise<string>;
  /** Fast shut-down, then gives the folder back. */
  stop(): Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const passwordFile = (dataDir: string): string => join(dataDir, 'postgres-password');

const urlOf = (password: string, port: number, database: string): string =>
  `postgresql://${USER}:${password}@${HOST}:${port}/${database}`;

const savedPassword = async (dataDir: string): Promise<string | null> =>
  await readFile(passwordFile(dataDir), 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : Promise.reject(error),
  );

const ensurePassword = async (dataDir: string): Promise<string> => {
  const saved = await savedPassword(dataDir);
  if (saved !== null && saved !== '') return saved;
  const made = randomBytes(PASSWORD_BYTES).toString('hex');
  await writeFile(passwordFile(dataDir), made, { mode: 0o600 });
  return made;
};

const initialise = async (place: PostgresPlace, data: string, password: string): Promise<void> => {
  if (
    (await stat(join(data, 'PG_VERSION')).catch(() => null)) !== null &&
    (await stat(join(data, 'mmm-ready')).catch(() => null)) !== null
  )
    return;
  // An initialisation cut short by a kill leaves half a cluster: nothing was ever stored in it.
  await rm(data, { recursive: true, force: true });
  const secret = join(place.folder, `password.${randomUUID()}`);
  await writeFile(secret, `${password}\n`, { mode: 0o600 });
  if (place.user !== null) await chown(secret, place.user.uid, place.user.gid);
  try {
    await run(
      join(place.binDir, 'initdb'),
      [
        '-D',
        data,
        '-U',
        USER,
        `--pwfile=${secret}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--data-checksums',
      ],
      { ...place.user, cwd: '/' },
    );
  } finally {
    await rm(secret, { force: true });
  }
  const marker = join(data, 'mmm-ready');
  await writeFile(marker, '');
  if (place.user !== null) await chown(marker, place.user.uid, place.user.gid);
};

const launch = async (place: PostgresPlace, data: string, port: number, dataDir: string): Promise<ChildProcess> => {
  const log = await open(join(dataDir, 'postgres.log'), 'a', 0o600);
  try {
    // A process group of its own: Ctrl-C reaches only the engine, which stops the database last.
    return spawn(
      join(place.binDir, 'postgres'),
      ['-D', data, '-p', String(port), ...SETTINGS.flatMap((line) => ['-c', line])],
      {
        ...place.user,
        cwd: '/',
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      },
    );
  } finally {
    await log.close();
  }
};

const ready = async (child: ChildProcess, url: string, dataDir: string): Promise<void> => {
  const limit = performance.now() + START_LIMIT_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new MmmError('DATABASE_UNAVAILABLE', `PostgreSQL did not start: see ${join(dataDir, 'postgres.log')}`);
    }
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    const answer = await client.connect().then(
      () => null,
      (error: unknown) => error,
    );
    if (answer === null) {
      await ensureDatabase(client).finally(() => client.end());
      return;
    }
    if (performance.now() > limit)
      throw new MmmError('DATABASE_UNAVAILABLE', 'PostgreSQL does not get ready', { cause: answer });
    await delay(READY_POLL_MS);
  }
};

const ensureDatabase = async (client: pg.Client): Promise<void> => {
  const { rows } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rows.length === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
};

/**
 * Starts the database of the embedded default in `dataDir` (loopback only, random password in a file of mode 0600) and takes the folder's
 * lock. A server left by a killed engine is stopped first. Throws DATA_FOLDER_IN_USE, PREREQUISITE_MISSING, DATABASE_UNAVAILABLE.
 */
export const startEmbeddedPostgres = async (options: {
  readonly dataDir: string;
  readonly logger: Logger;
}): Promise<EmbeddedPostgres> => {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const unlock = await lockDataFolder(dataDir);
  let child: ChildProcess | null = null;
  try {
    const place = await postgresPlace(dataDir);
    const data = join(place.folder, 'data');
    await stopLeftover(data);
    const password = await ensurePassword(dataDir);
    await initialise(place, data, password);
    const port = await freePort();
    child = await launch(place, data, port, dataDir);
    const exited = once(child, 'exit');
    await ready(child, urlOf(password, port, 'postgres'), dataDir);
    options.logger.info('embedded_postgres_started', { port, pid: child.pid });
    return handle(child, exited, urlOf(password, port, DATABASE), unlock);
  } catch (error) {
    child?.kill('SIGQUIT');
    await unlock();
    throw error;
  }
};

const handle = (
  child: ChildProcess,
  exited: Promise<unknown[]>,
  url: string,
  unlock: () => Promise<void>,
): EmbeddedPostgres => {
  let asked = false;
  const ended = exited.then(([code, signal]) =>
    asked ? new Promise<string>(() => undefined) : `PostgreSQL ended (${String(code ?? signal)})`,
  );
  // The engine's own work keeps the process alive, not its database.
  child.unref();
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    async stop() {
      asked = true;
      child.ref();
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT');
        await exited;
      }
      await unlock();
    },
  };
};

/** Address of the database of an engine that runs on this folder now, for commands beside it; null when none runs. */
export const runningEmbeddedPostgres = async (dataDir: string): Promise<string | null> => {
  const folder = resolve(dataDir);
  const password = await savedPassword(folder);
  if (password === null) return null;
  const place = await postgresPlace(folder);
  const server = await serverOn(join(place.folder, 'data'));
  return server === null ? null : urlOf(password, server.port, DATABASE);
};
