import { randomBytes, randomUUID } from 'node:crypto';
import { access, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { makeExecutable, postgresPlace } from './postgres-place.ts';
import { mustRun } from './run-program.ts';
import type { ServerCommand, ServerContext, ServerKind } from './server-command.ts';
import { portOf } from './server-command.ts';
import { writeState } from './state-file.ts';

const PASSWORD_BYTES = 24;
export const SUPERUSER = 'postgres';
const OWNER = 'mmm';
const DATABASE = 'mmm';
const CONNECT_TIMEOUT_MS = 2_000;

/** A random password per stack and role, made at first use and kept in the state file. */
export const postgresPassword = (context: ServerContext, user: string): string =>
  (context.state.passwords[user] ??= randomBytes(PASSWORD_BYTES).toString('hex'));

const url = (context: ServerContext, user: string, database: string): string =>
  `postgresql://${user}:${postgresPassword(context, user)}@127.0.0.1:${portOf(context, 'postgres')}/${database}`;

const query = async (context: ServerContext, database: string, texts: readonly string[]): Promise<number> => {
  const client = new pg.Client({
    connectionString: url(context, SUPERUSER, database),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A server that goes away while connected raises this besides the rejection; the rejection is what counts.
  client.on('error', () => undefined);
  try {
    await client.connect();
    let rows = 0;
    for (const text of texts) rows = (await client.query(text)).rowCount ?? 0;
    return rows;
  } finally {
    await client.end();
  }
};

const prepare = async (context: ServerContext): Promise<void> => {
  const { binDir, data, user } = await postgresPlace(context);
  const initialised = await access(join(data, 'mmm-initialised')).then(
    () => true,
    () => false,
  );
  if (initialised) return;
  // A first start that was killed half-way leaves a folder which initdb refuses.
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true, mode: 0o700 });
  await makeExecutable(join(binDir, 'initdb'));
  await makeExecutable(join(binDir, 'postgres'));
  const passwordFile = join(data, '..', `password.${randomUUID()}`);
  try {
    await writeFile(passwordFile, `${postgresPassword(context, SUPERUSER)}\n`, { mode: 0o600 });
    postgresPassword(context, OWNER);
    writeState(context.dataDir, context.state);
    if (user !== undefined)
      await Promise.all([chown(data, user.uid, user.gid), chown(passwordFile, user.uid, user.gid)]);
    // prettier-ignore
    const args = [
      '--pgdata', data, '--username', SUPERUSER, '--auth', 'scram-sha-256', '--pwfile', passwordFile, '--encoding', 'UTF8',
      '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C',
      // Only the making of the empty cluster skips waiting for the disk; the server itself does not.
      '--no-sync',
    ];
    await mustRun('making the PostgreSQL cluster', join(binDir, 'initdb'), args, { ...user, cwd: '/' });
  } finally {
    await rm(passwordFile, { force: true });
  }
  await writeFile(join(data, 'mmm-initialised'), '');
};

const command = async (context: ServerContext): Promise<ServerCommand> => {
  const { binDir, data, user } = await postgresPlace(context);
  // prettier-ignore
  const args = [
    '-D', data, '-p', String(portOf(context, 'postgres')), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=',
    '-c', 'max_connections=200', '-c', 'fsync=on', '-c', 'synchronous_commit=on', '-c', 'timezone=UTC', '-c', `cluster_name=${OWNER}`,
  ];
  // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
  return { command: join(binDir, 'postgres'), args, marker: data, stopSignal: 'SIGINT', ...user };
};

/** The engine's role owns its database and is no superuser, as in production: a superuser would pass every row level security test. */
const finish = async (context: ServerContext): Promise<void> => {
  if ((await query(context, 'postgres', [`SELECT 1 FROM pg_roles WHERE rolname = '${OWNER}'`])) === 0) {
    await query(context, 'postgres', [
      `CREATE ROLE ${OWNER} LOGIN CREATEDB CREATEROLE PASSWORD '${postgresPassword(context, OWNER)}'`,
    ]);
  }
  if ((await query(context, 'postgres', [`SELECT 1 FROM pg_database WHERE datname = '${DATABASE}'`])) === 0) {
    await query(context, 'postgres', [`CREATE DATABASE ${DATABASE} OWNER ${OWNER}`]);
  }
};

export const postgresServer: ServerKind = {
  part: 'postgres',
  ports: ['postgres'],
  prepare,
  command,
  ready: async (context) => (await query(context, 'postgres', ['SELECT 1'])) === 1,
  finish,
  env: (context) => ({
    DATABASE_URL: url(context, OWNER, DATABASE),
    STACK_POSTGRES_SUPERUSER_URL: url(context, SUPERUSER, 'postgres'),
  }),
};
