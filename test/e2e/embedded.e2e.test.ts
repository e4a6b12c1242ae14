import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { runningEmbeddedPostgres, startEmbeddedPostgres } from '../../src/adapters/embedded/embedded-postgres.ts';
import { postgresPlace } from '../../src/adapters/embedded/postgres-place.ts';
import { SILENT_LOGGER } from '../../src/entrypoints/cli/silent-logger.ts';
import { EngineProcess, type EngineOptions, waitFor } from './support/engine-process.ts';
import { receiptVerifies } from './support/outputs.ts';
import { sinCommit } from './support/signals.ts';

const NPM_START = ['npm', 'start'] as const;

let dataDir: string;
let engine: EngineProcess;
const engines: EngineProcess[] = [];

const start = (options: Partial<EngineOptions> = {}): EngineProcess => {
  const env = {
    MMM_DATA_DIR: dataDir,
    MMM_HTTP_PORT: '0',
    MMM_METRICS_PORT: '0',
    LOG_LEVEL: 'info',
    ...options.env,
  };
  engine = new EngineProcess({ detached: true, ...options, env });
  engines.push(engine);
  return engine;
};

const removeData = async (folder: string): Promise<void> => {
  // What a killed engine left running is stopped by the next start.
  await (await startEmbeddedPostgres({ dataDir: folder, logger: SILENT_LOGGER })).stop();
  const place = await postgresPlace(folder);
  await rm(folder, { recursive: true, force: true });
  if (!place.folder.startsWith(folder)) await rm(dirname(place.folder), { recursive: true, force: true });
};

/** The call that the engine printed for pasting, made as printed. */
const pasted = async (): Promise<{ url: string; token: string; example: string }> => {
  await engine.prints(/Stop with Ctrl-C/);
  const url = await engine.prints(/curl -s (\S+)\/v1\/mmm\/decide/);
  return { url: `${url}/v1/mmm`, token: await engine.prints(/TOKEN=(\S+)/), example: await engine.prints(/-d '(.*)'/) };
};

const call = async (path: string, body?: string): Promise<{ status: number; answer: Record<string, unknown> }> => {
  const { url, token } = await pasted();
  const response = await fetch(`${url}/${path}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body }),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
};

const query = async <T extends pg.QueryResultRow>(text: string): Promise<T[]> => {
  const client = new pg.Client({ connectionString: (await runningEmbeddedPostgres(dataDir))! });
  await client.connect();
  try {
    await client.query('SET ROLE mmm_pipeline');
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
};

let handedIn = 0;
const handIn = async (count: number): Promise<void> => {
  const signals = Array.from({ length: count }, () => JSON.parse(sinCommit('dev1', 'demo').value) as unknown);
  const { answer } = await call('signals', JSON.stringify({ signals }));
  expect(answer).toMatchObject({ summary: { total: count, accepted: count } });
  handedIn += count;
};

/** Everything handed in is in the journal, every decision left exactly once, and no outbox number is missing in the log. */
const nothingLost = async (decidedByHttp: number): Promise<void> => {
  await waitFor('the journal and the outbox', async () => {
    const [row] = await query<{ journal: string; waiting: string }>(
      `SELECT (SELECT count(*) FROM mmm_journal) AS journal,
              (SELECT sum(next_number - 1 - greatest(published_upto, 0)) FROM mmm_shards) AS waiting`,
    );
    return Number(row!.journal) === handedIn + decidedByHttp && Number(row!.waiting) === 0 ? true : null;
  });
  const [outputs] = await query<{ decisions: string; out: string; numbers: string; rows: string }>(
    `SELECT (SELECT count(*) FROM mmm_decisions) AS decisions,
            count(*) FILTER (WHERE topic = 'mmm.decisions') AS out,
            count(DISTINCT headers::json->>'mmm-outbox') AS numbers,
            count(*) AS rows
       FROM mmm_log_records WHERE topic ~ '^mmm[.](decisions|receipts|delivery)'`,
  );
  expect(outputs!.out).toBe(outputs!.decisions);
  expect(outputs!.numbers).toBe(outputs!.rows);
};

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'mmm-e2e-embedded-'));
  start({ command: NPM_START });
});
afterAll(async () => {
  for (const one of engines) await one.endGroup('SIGKILL');
  await removeData(dataDir);
});

test('npm start: the printed call gives a decision with a card, and its receipt verifies with the key of the data folder', async () => {
  const { example } = await pasted();
  // On a busy machine the first call may be over its budget of 150 ms: then nothing is stored, and it is asked again.
  const answer = await waitFor('a decision within the budget', async () => {
    const { status, answer: given } = await call('decide', example);
    expect([status, given['result']]).toEqual([200, expect.stringMatching(/^(decided|over_budget)$/)]);
    return given['result'] === 'decided' ? given : null;
  });
  expect(answer['actions']).toHaveLength(1);
  const { decision_id, receipt_id } = answer['decision'] as Record<string, string>;
  const { answer: list } = await call('decisions');
  expect(list).toMatchObject({ decisions: [{ decision_id }] });
  const keyFile = join(dataDir, 'signing-key.pem');
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  const key = createPublicKey(createPrivateKey(await readFile(keyFile)));
  expect(receiptVerifies((await call(`receipts/${receipt_id!}`)).answer, key)).toBe(true);
});

test('a second engine on the same data folder and a taken port are each refused with one clear line', async () => {
  const first = engine;
  const second = start();
  expect((await second.exited).code).toBe(1);
  expect(second.rawLog).toMatch(/DATA_FOLDER_IN_USE: process \d+ runs on /);
  expect(second.rawLog).not.toMatch(/ at .*\.ts:/);
  const otherData = await mkdtemp(join(tmpdir(), 'mmm-e2e-embedded-'));
  const port = new URL(await first.apiUrl()).port;
  const third = start({ env: { MMM_DATA_DIR: otherData, MMM_HTTP_PORT: port } });
  expect((await third.exited).code).toBe(1);
  expect(third.rawLog).toMatch(new RegExp(`PORT_IN_USE: port ${port} of 127.0.0.1 is taken; set MMM_HTTP_PORT`));
  await removeData(otherData);
  engine = first;
});

test('kill -9 of everything that npm start made, at once after signals were taken: the next start has them all', async () => {
  await handIn(200);
  expect((await engine.endGroup('SIGKILL')).signal).toBe('SIGKILL');
  const startedAt = performance.now();
  start({ command: NPM_START });
  await pasted();
  process.stderr.write(`npm start after kill -9 of the group: ${Math.round(performance.now() - startedAt)} ms\n`);
  await nothingLost(1);
});

test('Ctrl-C on npm start ends it with 0', async () => {
  expect((await engine.endGroup('SIGINT')).code).toBe(0);
});

test('kill -9 of the engine alone leaves PostgreSQL behind; the next start takes over and has everything', async () => {
  start();
  await handIn(200);
  await engine.end('SIGKILL');
  const startedAt = performance.now();
  start();
  await pasted();
  process.stderr.write(`start after kill -9 of the engine: ${Math.round(performance.now() - startedAt)} ms\n`);
  await nothingLost(1);
});

test('a second SIGTERM ends an engine at once that a half-sent request keeps from stopping', async () => {
  const { hostname, port } = new URL(await engine.apiUrl());
  const { token } = await pasted();
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(`POST /v1/mmm/signals HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n`);
  socket.write('content-type: application/json\r\ncontent-length: 1000\r\n\r\n{');
  await new Promise((resolve) => setTimeout(resolve, 200));
  engine.child.kill('SIGTERM');
  // Sooner than half a second it counts as the same wish, because npm and a terminal may both pass it on.
  await new Promise((resolve) => setTimeout(resolve, 700));
  engine.child.kill('SIGTERM');
  expect(await engine.exited).toEqual({ code: 1, signal: null });
  socket.destroy();
  start();
  await pasted();
  await nothingLost(1);
});
