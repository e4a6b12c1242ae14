import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { runningEmbeddedPostgres, startEmbeddedPostgres } from '../../../src/adapters/embedded/embedded-postgres.ts';
import type { EmbeddedPostgres } from '../../../src/adapters/embedded/embedded-postgres.ts';
import { commandLineOf } from '../../../src/adapters/embedded/process-identity.ts';
import { postgresPlace } from '../../../src/adapters/embedded/postgres-place.ts';
import { checkServer } from '../../../src/adapters/postgres/database.ts';
import { silent } from '../postgres/silent-logger.ts';

let dataDir: string;
const children: ChildProcess[] = [];
let started: EmbeddedPostgres | null = null;

beforeAll(async () => {
  // A private temporary folder (mode 0700): as root this is also the test of a place that other accounts can not enter.
  dataDir = await mkdtemp(join(tmpdir(), 'mmm-embedded-test-'));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await started?.stop();
  // What the killed engine of a failed test left is stopped by the next start.
  await (await startEmbeddedPostgres({ dataDir, logger: silent })).stop();
  const { folder } = await postgresPlace(dataDir);
  await rm(dataDir, { recursive: true, force: true });
  if (!folder.startsWith(dataDir)) await rm(dirname(folder), { recursive: true, force: true });
});

const start = async (): Promise<EmbeddedPostgres> => {
  started = await startEmbeddedPostgres({ dataDir, logger: silent });
  return started;
};
const stop = async (): Promise<void> => {
  await started?.stop();
  started = null;
};
const query = async (url: string, text: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
};
/** An engine in a process of its own. */
const engine = async (): Promise<{ child: ChildProcess; url: string; pid: number }> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run-engine.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { url: string; pid: number }) };
};

test('the database starts durable, is found by commands beside it, and keeps its data over a stop', async () => {
  expect(await runningEmbeddedPostgres(dataDir)).toBeNull();
  const { url } = await start();
  await query(url, 'CREATE TABLE kept (id integer)');
  await checkServer({ query: async <Row>(text: string) => (await query(url, text)) as Row[] });
  expect(await runningEmbeddedPostgres(dataDir)).toBe(url);
  await stop();
  expect(await runningEmbeddedPostgres(dataDir)).toBeNull();
  expect(await query((await start()).url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 0 }]);
});

test('a data folder made anew where one was removed gets a database of its own, and a moved one keeps its own', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'mmm-embedded-anew-'));
  const [folder, elsewhere] = [join(parent, 'data'), join(parent, 'moved')];
  const places = new Set<string>();
  const onFolder = async (dir: string, text: string): Promise<unknown> => {
    const server = await startEmbeddedPostgres({ dataDir: dir, logger: silent });
    places.add((await postgresPlace(dir)).folder);
    return await query(server.url, text).finally(() => server.stop());
  };
  try {
    await mkdir(folder, { mode: 0o700 });
    await onFolder(folder, 'CREATE TABLE first (id integer)');
    await rename(folder, elsewhere);
    await mkdir(folder, { mode: 0o700 });
    expect(await onFolder(folder, "SELECT to_regclass('first') AS found")).toEqual([{ found: null }]);
    expect(await onFolder(elsewhere, "SELECT to_regclass('first')::text AS found")).toEqual([{ found: 'first' }]);
    await rm(folder, { recursive: true });
    await mkdir(folder, { mode: 0o700 });
    expect(await onFolder(folder, "SELECT to_regclass('first') AS found")).toEqual([{ found: null }]);
  } finally {
    await rm(parent, { recursive: true, force: true });
    for (const place of places)
      if (!place.startsWith(parent)) await rm(dirname(place), { recursive: true, force: true });
  }
});

test('a second engine on the folder is refused and harms nothing', async () => {
  await expect(startEmbeddedPostgres({ dataDir, logger: silent })).rejects.toMatchObject({
    code: 'DATA_FOLDER_IN_USE',
  });
  expect(await query(started?.url ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('the password is random, readable by its owner only, and asked for', async () => {
  const url = new URL(started?.url ?? '');
  expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
  url.password = 'wrong';
  await expect(query(url.toString(), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
});

test('nothing listens but loopback', async () => {
  const port = Number(new URL(started?.url ?? '').port);
  const outer = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((one) => !one.internal && one.family === 'IPv4');
  for (const { address } of outer) {
    const socket = createConnection({ host: address, port });
    const answer = await Promise.race([
      once(socket, 'connect').then(() => 'open'),
      once(socket, 'error').then(() => 'refused'),
    ]).catch(() => 'refused');
    socket.destroy();
    expect(answer).toBe('refused');
  }
  await stop();
});

test('after kill -9 of the engine the next start stops what was left, loses nothing, and takes the folder over', async () => {
  const first = await engine();
  await query(first.url, 'INSERT INTO kept VALUES (1)');
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  expect(await commandLineOf(first.pid)).toContain('postgres');
  const second = await start();
  expect(second.pid).not.toBe(first.pid);
  expect(await commandLineOf(first.pid)).toBeNull();
  expect(await query(second.url, 'SELECT * FROM kept')).toEqual([{ id: 1 }]);
  await stop();
});

test('after kill -9 of engine and database the next start recovers', async () => {
  const first = await engine();
  await query(first.url, 'INSERT INTO kept VALUES (2)');
  process.kill(first.pid, 'SIGKILL');
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  expect(await query((await start()).url, 'SELECT * FROM kept ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
  await stop();
});

test('a lock whose number now belongs to another process is taken over', async () => {
  await writeFile(join(dataDir, 'engine.lock'), JSON.stringify({ pid: process.ppid, started: 'another time' }));
  await start();
  await stop();
});

test('a database that ends without being asked is told', async () => {
  const server = await start();
  process.kill(server.pid, 'SIGKILL');
  expect(await server.ended).toContain('SIGKILL');
  await stop();
});
