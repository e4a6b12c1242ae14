import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { runningEmbeddedPostgres, startEmbeddedPostgres } from '../../src/adapters/embedded/embedded-postgres.ts';
import { postgresPlace } from '../../src/adapters/embedded/postgres-place.ts';
import { SILENT_LOGGER } from '../../src/entrypoints/cli/silent-logger.ts';
import { EngineProcess, waitFor } from './support/engine-process.ts';
import { sinCommit } from './support/signals.ts';

const CALLERS = 4;
const EACH_CALL = 100;

let dataDir: string;
const engines: EngineProcess[] = [];
/** What callers were told is taken. */
let accepted = 0;

const start = (): EngineProcess => {
  const engine = new EngineProcess({
    env: { MMM_DATA_DIR: dataDir, MMM_HTTP_PORT: '0', MMM_METRICS_PORT: '0', LOG_LEVEL: 'info' },
  });
  engines.push(engine);
  return engine;
};

/** Hands in signals until the engine takes no more; what has no answer was taken or not, and its caller would ask again. */
const call = async (url: string, token: string): Promise<number> => {
  let unanswered = 0;
  for (;;) {
    const signals = Array.from({ length: EACH_CALL }, () => JSON.parse(sinCommit('dev1', 'demo').value) as unknown);
    try {
      const response = await fetch(`${url}/v1/mmm/signals`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ signals }),
      });
      const { summary } = (await response.json()) as { summary: { accepted: number } };
      accepted += summary.accepted;
    } catch {
      unanswered += 1;
      if (unanswered > 1) return unanswered;
    }
  }
};

const count = async (text: string): Promise<number> => {
  const client = new pg.Client({ connectionString: (await runningEmbeddedPostgres(dataDir))! });
  await client.connect();
  try {
    await client.query('SET ROLE mmm_pipeline');
    return Number((await client.query<{ n: string }>(text)).rows[0]!.n);
  } finally {
    await client.end();
  }
};
const journalled = (): Promise<number> => count('SELECT count(*) AS n FROM mmm_journal');

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'mmm-e2e-stop-'));
});
afterAll(async () => {
  for (const engine of engines) await engine.end('SIGKILL');
  await (await startEmbeddedPostgres({ dataDir, logger: SILENT_LOGGER })).stop();
  const place = await postgresPlace(dataDir);
  await rm(dataDir, { recursive: true, force: true });
  if (!place.folder.startsWith(dataDir)) await rm(dirname(place.folder), { recursive: true, force: true });
});

test('SIGTERM under load on the embedded default: it ends by itself with 0, takes nothing twice, and loses nothing it has answered', async () => {
  const engine = await start().ready();
  const url = await engine.apiUrl();
  const token = await engine.prints(/TOKEN=(\S+)/);
  const callers = Array.from({ length: CALLERS }, () => call(url, token));
  await waitFor('work under way', async () => ((await journalled()) > 300 ? true : null));
  expect(await engine.metric('mmm_records_total', { outcome: 'duplicate' })).toBe(0);
  expect(await engine.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(engine.logged('stop_deadline_passed')).toEqual([]);
  expect(engine.logged('session_ended')).toEqual([]);
  await Promise.all(callers);
  process.stderr.write(`stopped ${String(engine.logged('stopped')[0]?.['after_ms'])} ms after SIGTERM\n`);

  const next = await start().ready();
  const taken = await count(`SELECT count(*) AS n FROM mmm_log_records WHERE topic = 'mmm.signals'`);
  expect(taken).toBeGreaterThanOrEqual(accepted);
  await waitFor('all of it', async () => ((await journalled()) === taken ? true : null));
  expect(await next.metric('mmm_records_total', { outcome: 'duplicate' })).toBe(0);
  expect(await next.end('SIGTERM')).toEqual({ code: 0, signal: null });
});
