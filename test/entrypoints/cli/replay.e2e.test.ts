import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { partitionsBySetting } from '../../../src/adapters/embedded/log-topics.ts';
import { LogWriter } from '../../../src/adapters/embedded/log-writer.ts';
import { postgresPlace } from '../../../src/adapters/embedded/postgres-place.ts';
import { SILENT_LOGGER } from '../../../src/entrypoints/cli/silent-logger.ts';
import { openStore } from '../../../src/entrypoints/composition/store.ts';
import type { OutputRecord } from '../../../src/pipeline/ports/records.ts';
import { loadConfig } from '../../../src/runtime/config.ts';
import { cli, freePort, largeCommit, startServe, until } from './run-cli.ts';

const KILLED_REPLAY = fileURLToPath(new URL('../../e2e/support/killed-replay.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mmm-replay-test-'));
const dataDir = join(folder, 'data');
const before = { ...process.env };
let serve: { stop(): Promise<void> } | null = null;
let [ann, bob] = ['', ''];

const file = (name: string, ...lines: string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
};

interface Shown {
  readonly partition: number;
  readonly offset: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Readonly<Record<string, unknown>>;
}
const records = async (topic: string): Promise<Shown[]> =>
  (await cli('consume', topic, '--json')).out.map((line) => JSON.parse(line) as Shown);
const markedBy = (planId: string, shown: readonly Shown[]): Shown[] =>
  shown.filter(({ headers }) => headers['mmm-replay-id'] === planId);

const plan = async (...args: string[]) => await cli('replay', 'plan', ...args, '--token-file', ann, '--json');
const agreed = async (...args: string[]): Promise<string> => {
  const planned = await plan(...args);
  const planId = String(planned.json['plan_id']);
  expect(await cli('replay', 'approve', planId, '--token-file', bob)).toMatchObject({ code: 0 });
  return planId;
};
const run = async (planId: string) => await cli('replay', 'run', planId, '--tenant', 'demo', '--json');

/** Straight into the stores, for what only a fault could bring about. */
const withPipeline = async (
  work: (store: Awaited<ReturnType<typeof openStore>>) => Promise<unknown>,
): Promise<void> => {
  const store = await openStore(loadConfig(), SILENT_LOGGER, 'command');
  try {
    await work(store);
  } finally {
    await store.close();
  }
};
const deadLetter = (offset: number, value: string, code: string): OutputRecord => ({
  topic: 'mmm.dlq',
  key: 'demo',
  value: Buffer.from(value),
  headers: {
    ...{ 'mmm-dlq-topic': 'pm3.signals.normalized', 'mmm-dlq-partition': '0', 'mmm-dlq-offset': String(offset) },
    ...{ 'mmm-dlq-code': code, 'mmm-dlq-stage': 'intake', 'mmm-dlq-failed-at': new Date().toISOString() },
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  },
});

beforeAll(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('MMM_')) delete process.env[name];
  process.env['MMM_DATA_DIR'] = dataDir;
  process.env['MMM_HTTP_PORT'] = String(await freePort());
  process.env['MMM_METRICS_PORT'] = String(await freePort());
  process.env['LOG_LEVEL'] = 'error';
  serve = await startServe();
  ann = file('ann.jwt', ...(await cli('token', '--actor', 'ann', '--role', 'mmm_admin')).out);
  bob = file('bob.jwt', ...(await cli('token', '--actor', 'bob', '--role', 'mmm_admin')).out);
  const signals = file('s.jsonl', ...['a', 'b', 'c'].map((actor) => largeCommit(`s-${actor}`, actor)));
  await cli('publish', 'pm3.signals.normalized', signals);
  await until(
    async () => (await cli('receipts', 'verify', 'mmm.receipts', '--json')).json,
    (json) => json['receipts'] === 3,
  );
}, 600_000);
afterAll(async () => {
  await serve?.stop();
  const place = await postgresPlace(dataDir).catch(() => null);
  rmSync(folder, { recursive: true, force: true });
  if (place !== null && !place.folder.startsWith(folder))
    await rm(dirname(place.folder), { recursive: true, force: true });
  process.env = before;
}, 300_000);

test('a shadow: nothing runs without a second person, and by the rules of then everything ends as it did', async () => {
  const words = await cli('replay', 'plan', 'shadow', '--rules', 'then', '--since', '1h', '--token-file', ann);
  expect(words.out[0]).toMatch(/^Plan rp-[0-9a-f]{12}: shadow for tenant demo/);
  expect(words.out.join('\n')).toContain('Nothing has been sent. Somebody else');
  const planId = /rp-[0-9a-f]{12}/.exec(words.out[0]!)![0];
  expect(await run(planId)).toMatchObject({ code: 1, error: 'REPLAY_NOT_APPROVED' });
  expect(await cli('replay', 'approve', planId, '--token-file', ann)).toMatchObject({ error: 'REPLAY_SAME_PERSON' });
  const plain = file('plain.jwt', ...(await cli('token', '--actor', 'eve')).out);
  expect(await cli('replay', 'approve', planId, '--token-file', plain)).toMatchObject({ error: 'FORBIDDEN' });
  expect(await cli('replay', 'approve', planId, '--token-file', file('no.jwt', 'x'))).toMatchObject({
    error: 'UNAUTHORIZED',
  });
  expect(await cli('replay', 'approve', planId, '--token-file', bob)).toMatchObject({ code: 0 });
  const sizes = async (): Promise<number[]> =>
    await Promise.all(
      ['mmm.decisions', 'mmm.receipts', 'mmm.delivery.ide'].map(async (topic) => (await records(topic)).length),
    );
  const untouched = await sizes();
  const ran = await run(planId);
  expect(ran.json).toMatchObject({
    done_before: false,
    report: { rules: 'then', signals: 3, same: 3, examples: [] },
    receipt: { inputs: { kind: 'replay', mode: 'shadow', planned_by: 'ann', approved_by: 'bob' } },
  });
  expect(await sizes()).toEqual(untouched);
  const receipt = file('receipt.json', JSON.stringify(ran.json['receipt']));
  expect(await cli('receipts', 'verify', receipt, '--json')).toMatchObject({ code: 0, json: { good: 1 } });
  expect((await cli('replay', 'status', '--tenant', 'demo')).out[0]).toMatch(
    new RegExp(`^${planId} +done +shadow .*ann and bob`),
  );
  expect((await cli('replay', 'status', '--tenant', 'nobody')).out).toEqual(['Tenant nobody has no replay plans.']);
}, 300_000);

test('one signal by its offset, in mmm.signals and in the raw topic; and what does not go together is said', async () => {
  const [one] = await records('mmm.signals');
  const offsets = `mmm.signals:${one!.partition}:${one!.offset}-${one!.offset}`;
  expect((await plan('shadow', '--offsets', offsets)).json).toMatchObject({ items: 1 });
  const { partition, offset } = (await records('pm3.signals.normalized'))[0]!;
  const raw = await plan('shadow', '--offsets', `pm3.signals.normalized:${partition}:${offset}-${offset}`);
  expect(raw.json).toMatchObject({ items: 1 });
  expect((await plan('shadow', '--actor', 'b')).json).toMatchObject({ items: 1 });
  expect((await plan('shadow', '--actor', 'nobody')).json).toMatchObject({ plan_id: null, items: 0 });
  for (const wrong of [
    ['shadow', '--offsets', 'mmm.decisions:0:1-2'],
    ['shadow', '--offsets', 'mmm.signals:0:9-2'],
    ['redeliver', '--rules', 'then'],
    ['redeliver', '--code', 'X'],
    ['reconcile', '--dead-letters'],
    ['redeliver', '--rate', '0'],
    ['shadow', '--since', 'once'],
    ['rewind'],
  ])
    expect([wrong, (await plan(...wrong)).code]).toEqual([wrong, 2]);
  expect(await plan('shadow', '--tenant', 'other')).toMatchObject({ error: 'FORBIDDEN' });
}, 300_000);

test('redeliver, killed and given again: each card once more', async () => {
  const cards = (await records('mmm.delivery.ide')).map(({ value }) => value);
  const planId = await agreed('redeliver', '--since', '1h', '--rate', '1');
  for (const kill of ['after-publish', 'before-publish']) {
    const child = spawn(process.execPath, [KILLED_REPLAY, 'demo', planId, kill, '1'], {
      stdio: 'ignore',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  }
  const status = await cli('replay', 'status', planId, '--tenant', 'demo', '--json');
  expect(status.json).toMatchObject({ state: 'running', run_by: 'test' });
  const ran = await run(planId);
  expect(ran).toMatchObject({ code: 0 });
  const all = ['mmm.delivery.ide', 'mmm.delivery.ci', 'mmm.delivery.alert'];
  const again = (await Promise.all(all.map(records))).flatMap((shown) => markedBy(planId, shown));
  expect(again).toHaveLength(ran.json['report'].sent);
  const ids = again.map(({ value }) => String(value['delivery_id']));
  expect(new Set(ids).size).toBe(ids.length);
  for (const { headers, value } of again) expect(headers['mmm-replay-of']).toBe(value['delivery_id']);
  expect(ids).toEqual(expect.arrayContaining(cards.map((value) => String(value['delivery_id']))));
  expect(await run(planId)).toMatchObject({ code: 0, json: { done_before: true } });
}, 300_000);

test('reconcile: only what is missing, once; when the ground moves it does not run', async () => {
  const lost = (await records('mmm.decisions')).map(({ value }) => String(value['decision_id'])).sort();
  const erase = `DELETE FROM mmm_log_records WHERE topic = 'mmm.decisions'`;
  await withPipeline(async (store) => await store.pipeline.query(erase));
  const planId = await agreed('reconcile', '--since', '1h');
  const moved = await agreed('reconcile', '--since', '1h');
  expect(await run(planId)).toMatchObject({ code: 0, json: { report: { sent: 3, dropped: {} } } });
  expect((await records('mmm.decisions')).map(({ value }) => String(value['decision_id'])).sort()).toEqual(lost);
  expect(await run(moved)).toMatchObject({ code: 1, error: 'REPLAY_GROUND_MOVED' });
  expect((await plan('reconcile', '--since', '1h')).json).toMatchObject({ plan_id: null, items: 0 });
  expect(await records('mmm.decisions')).toHaveLength(3);
}, 300_000);

test('dead letters: what would be taken now is offered again to its topic, marked; what would only be refused stays', async () => {
  const writing = async (...letters: OutputRecord[]): Promise<void> =>
    await withPipeline(async ({ pipeline }) => {
      const clock = { now: () => Date.now() };
      await new LogWriter(pipeline, clock, partitionsBySetting(6)).append(letters);
    });
  const good = largeCommit('s-letter', 'd');
  const letter = deadLetter(7, good, 'SCHEMA_ID_UNKNOWN');
  await writing(
    ...[letter, letter, deadLetter(8, largeCommit('s-a', 'a'), 'SCHEMA_ID_UNKNOWN')],
    ...[
      deadLetter(9, '{"tenant_id":"demo"}', 'ID_MISSING'),
      deadLetter(10, good.replace('"demo"', '"other"'), 'NOT_JSON'),
    ],
    deadLetter(11, '{"half', 'NOT_JSON'),
  );
  const planned = await plan('redeliver', '--dead-letters', '--since', '1h');
  expect(planned.json).toMatchObject({ selected: 3, items: 2, duplicates_expected: 1, too_old_to_nudge: 0 });
  expect(Object.keys(planned.json['left_out'])).toEqual([expect.stringMatching(/^refused_again_/)]);
  expect((await plan('redeliver', '--dead-letters', '--code', 'TOO_DEEP')).json).toMatchObject({ plan_id: null });
  const planId = await agreed('redeliver', '--dead-letters', '--code', 'SCHEMA_ID_UNKNOWN');
  expect(await run(planId)).toMatchObject({ code: 0, json: { report: { sent: 2 } } });
  const offered = markedBy(planId, await records('pm3.signals.normalized'));
  expect(offered.map(({ headers }) => headers['mmm-replay-of']).sort()).toEqual([
    'pm3.signals.normalized/0/7',
    'pm3.signals.normalized/0/8',
  ]);
  for (const { headers } of offered) {
    expect(headers['traceparent']).toMatch(/^00-/);
    expect(Object.keys(headers).filter((name) => name.startsWith('mmm-dlq-'))).toEqual([]);
  }
  const decided = await until(
    async () => await records('mmm.decisions'),
    (shown) => shown.length === 4,
  );
  expect(decided.filter(({ value }) => value['actor_id'] === 'd')).toHaveLength(1);
  const signals = markedBy(planId, await records('mmm.signals'));
  expect(signals).toHaveLength(2);
}, 300_000);

test('without an engine beside it the same commands work', async () => {
  await serve?.stop();
  serve = null;
  const planId = await agreed('shadow', '--since', '1h');
  expect(await run(planId)).toMatchObject({ code: 0, json: { report: { rules: 'now', signals: 4 } } });
}, 300_000);
