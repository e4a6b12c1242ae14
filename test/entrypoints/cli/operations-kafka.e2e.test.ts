import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Kafka } from 'kafkajs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabase, dropDatabase, testStack, uniqueName } from '../../infra/stack.ts';
import { cli, freePort, largeCommit, startServe, until } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmm-operations-kafka-test-'));
const namespace = `${uniqueName('ops').replaceAll('_', '-')}.`;
const database = uniqueName('test_ops');
const before = { ...process.env };
let serve: { stop(): Promise<void> } | null = null;

beforeAll(async () => {
  const keyFile = join(folder, 'key.pem');
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  Object.assign(process.env, testStack().env, {
    MMM_BACKEND: 'distributed',
    MMM_NAMESPACE: namespace,
    MMM_SIGNING_KEY_FILE: keyFile,
    MMM_HTTP_PORT: String(await freePort()),
    MMM_METRICS_PORT: String(await freePort()),
    DATABASE_URL: await createDatabase(database),
    LOG_LEVEL: 'error',
  });
});
afterAll(async () => {
  await serve?.stop();
  process.env = before;
  await dropDatabase(database);
  rmSync(folder, { recursive: true, force: true });
});

type Row = Record<string, string>;
const statusOf = async (name: string): Promise<string | undefined> =>
  ((await cli('doctor', '--json')).json['checks'] as Row[]).find((one) => one['name'] === name)?.['status'];
const shardsOf = async (...args: string[]): Promise<Row[]> =>
  (await cli('outbox', 'status', ...args, '--json')).json['shards'] as Row[];
const publish = async (...actors: string[]): Promise<void> => {
  const path = join(folder, 'signals.jsonl');
  writeFileSync(path, actors.map((actor) => `${largeCommit(`s-${actor}`, actor)}\n`).join(''));
  expect((await cli('publish', 'pm3.signals.normalized', path, '--json')).json).toMatchObject({ sent: actors.length });
};
const receipts = async (count: number) =>
  await until(
    async () => await cli('receipts', 'verify', 'mmm.receipts', '--json'),
    ({ json }) => json['receipts'] >= count,
  );

test('the doctor names what is missing; each set-up command mends it, twice is once', async () => {
  const sick = await cli('doctor', '--json');
  expect(sick).toMatchObject({ code: 1, error: 'DOCTOR_FAILED' });
  const failing = (sick.json['checks'] as Row[]).filter(({ status }) => status === 'fail').map(({ name }) => name);
  expect(failing.sort()).toEqual(['postgresql schema', 'registry', 'topics']);

  // Two at once: one waits for the other.
  const both = await Promise.all([cli('migrate', 'up', '--json'), cli('migrate', 'up', '--json')]);
  const applied = both.flatMap(({ json }) => json['applied_now'] as string[]);
  expect(new Set(applied).size).toBe(applied.length);
  expect((await cli('migrate', 'status', '--json')).json).toMatchObject({ database: 'present', pending: [] });
  for (const command of [
    ['topics', 'apply'],
    ['schemas', 'register'],
  ] as const) {
    expect(await cli(command[0], 'check')).toMatchObject({ code: 1 });
    expect(await cli(...command, '--dry-run')).toMatchObject({ code: 0 });
    expect(await cli(command[0], 'check')).toMatchObject({ code: 1 });
    expect(await cli(...command)).toMatchObject({ code: 0 });
    expect(await cli(...command)).toMatchObject({ code: 0 });
    expect(await cli(command[0], 'check')).toMatchObject({ code: 0 });
  }
  expect(await cli('tenants', 'apply', '--demo')).toMatchObject({ code: 0 });
  expect(await cli('doctor', '--json')).toMatchObject({ code: 0, json: { failed: 0, warned: 0 } });
});

test('put in, read back decoded, verify', async () => {
  serve = await startServe();
  await publish('a', 'b', 'c');
  expect(await receipts(3)).toMatchObject({ code: 0, json: { good: 3, bad: 0, verified: 3, failed: 0 } });
  const whole = await cli('receipts', 'verify', 'mmm.receipts', '--reexecute', '--topics');
  expect(whole).toMatchObject({ code: 0 });
  expect(whole.out[0]).toBe('3 receipts: 3 verified, 0 by signature only, 0 failed');
  expect(whole.out[1]).toMatch(/^\d+ published records compared, 0 not found/);
  const decisions = await cli('consume', 'mmm.decisions', '--json');
  expect(decisions.out).toHaveLength(3);
  expect(decisions.json).toMatchObject({ value: { tenant_id: 'demo' } });
  expect((await cli('consume', 'mmm.decisions', '--limit', '1', '--json')).out).toHaveLength(1);
  expect((await cli('consume', 'mmm.decisions', '--from', '2099-01-01')).out).toEqual([]);
  expect((await cli('consume', 'mmm.decisions', '--from', '2020-01-01', '--json')).out).toHaveLength(3);
  expect(await statusOf('http port')).toBe('ok');
  const running = (await shardsOf())[0]!;
  expect(
    await cli('outbox', 'set-cursor', '--shard', '0', '--to', running['published_upto']!, '--reason', 'r'),
  ).toMatchObject({
    code: 1,
    error: 'CONFLICT',
  });
});

const withAdmin = async (work: (admin: Admin) => Promise<void>): Promise<void> => {
  const logCreator = () => () => undefined;
  const admin = new Kafka({ clientId: 'test', brokers: testStack().brokers, logCreator }).admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
};

const emptyTopics = async (...names: string[]): Promise<void> =>
  await withAdmin(async (admin) => {
    for (const topic of names.map((name) => `${namespace}${name}`)) {
      const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
        partition,
        offset: high,
      }));
      await admin.deleteTopicRecords({ topic, partitions });
    }
  });

test('cursors lost with their group: found, read from the tail, set; nothing is sent again', async () => {
  await serve?.stop();
  await withAdmin(async (admin) => void (await admin.deleteGroups([`${namespace}mmm-decide`])));

  const shards = await shardsOf('--tail');
  expect(shards.map(({ fault }) => fault)).toEqual(shards.map(() => 'OUTBOX_CURSOR_LOST'));
  for (const { shard, tail_highest, published_upto, next_number } of shards) {
    if (next_number !== '1') expect(tail_highest).toBe(published_upto);
    const to = tail_highest ?? published_upto!;
    const set = await cli('outbox', 'set-cursor', '--shard', String(shard), '--to', to, '--reason', 'group deleted');
    expect(set).toMatchObject({ code: 0 });
  }
  for (const { fault } of await shardsOf()) expect(fault).toBeNull();

  serve = await startServe();
  await publish('d');
  expect(await receipts(4)).toMatchObject({ code: 0, json: { receipts: 4, good: 4 } });
  expect((await cli('doctor', '--totals', '--json')).json).toMatchObject({ signals: 4 });
});

test('records that the log lost after it had confirmed them are published again, each once; without their rows it is refused', async () => {
  await serve?.stop();
  serve = null;
  const idsOf = async (): Promise<string[]> =>
    (await cli('consume', 'mmm.decisions', '--json')).out
      .map((line) => (JSON.parse(line) as { value: { decision_id: string } }).value.decision_id)
      .sort();
  const lost = await idsOf();
  expect(new Set(lost).size).toBe(4);
  await emptyTopics('mmm.decisions', 'mmm.delivery.ide', 'mmm.delivery.ci', 'mmm.delivery.alert', 'mmm.receipts');
  expect(await idsOf()).toEqual([]);

  const used = (await shardsOf()).filter(({ next_number }) => next_number !== '1').map(({ shard }) => String(shard));
  const setTo0 = (shard: string, ...more: string[]): ReturnType<typeof cli> =>
    cli('outbox', 'set-cursor', '--shard', shard, '--to', '0', '--reason', 'unclean election', ...more);
  const client = new pg.Client({ connectionString: process.env['DATABASE_URL'] });
  await client.connect();
  try {
    await client.query('CREATE TABLE kept AS SELECT * FROM mmm_outbox WHERE shard = $1 AND number = 1', [used[0]]);
    await client.query('DELETE FROM mmm_outbox WHERE shard = $1 AND number = 1', [used[0]]);
    expect(await setTo0(used[0]!, '--publish-again')).toMatchObject({ code: 1, error: 'OUTBOX_GAP' });
    await client.query('INSERT INTO mmm_outbox SELECT * FROM kept');
    await client.query('DROP TABLE kept');
  } finally {
    await client.end();
  }
  for (const shard of used) {
    expect(await setTo0(shard)).toMatchObject({ code: 1, error: 'CONFLICT' });
    expect(await setTo0(shard, '--publish-again')).toMatchObject({ code: 0 });
  }

  serve = await startServe();
  expect(await receipts(4)).toMatchObject({ code: 0, json: { receipts: 4, good: 4 } });
  expect(await idsOf()).toEqual(lost);
});
