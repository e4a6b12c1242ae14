import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runningEmbeddedPostgres } from '../../../src/adapters/embedded/embedded-postgres.ts';
import { postgresPlace } from '../../../src/adapters/embedded/postgres-place.ts';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import { idFrom } from '../../../src/domain/ids.ts';
import { SILENT_LOGGER } from '../../../src/entrypoints/cli/silent-logger.ts';
import { withDatabaseUrl, withPlainDatabase } from '../../../src/entrypoints/composition/command-migrations.ts';
import { loadConfig } from '../../../src/runtime/config.ts';
import { cli, freePort, largeCommit, MAIN, startServe, until } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmm-operations-test-'));
const dataDir = join(folder, 'data');
const before = { ...process.env };
let serve: { stop(): Promise<void> } | null = null;

const file = (name: string, ...lines: string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
};

beforeAll(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('MMM_')) delete process.env[name];
  process.env['MMM_DATA_DIR'] = dataDir;
  process.env['MMM_HTTP_PORT'] = String(await freePort());
  process.env['MMM_METRICS_PORT'] = String(await freePort());
  process.env['LOG_LEVEL'] = 'error';
});
afterAll(async () => {
  await serve?.stop();
  const place = await postgresPlace(dataDir).catch(() => null);
  rmSync(folder, { recursive: true, force: true });
  if (place !== null && !place.folder.startsWith(folder))
    await rm(dirname(place.folder), { recursive: true, force: true });
  process.env = before;
});

test('before the first start nothing is made by looking; migrate and tenants work alone, twice is once', async () => {
  expect(await cli('doctor', '--json')).toMatchObject({ code: 0, json: { failed: 0 } });
  expect(await cli('migrate', 'status', '--json')).toMatchObject({ code: 0, json: { database: 'absent' } });
  expect(await cli('receipts', 'public-key')).toMatchObject({ code: 1, error: 'SIGNING_KEY_MISSING' });
  expect(existsSync(dataDir)).toBe(false);
  const up = await cli('migrate', 'up', '--json');
  expect(up.json['applied_now'].length).toBeGreaterThan(3);
  expect((await cli('migrate', 'up', '--json')).json).toMatchObject({ applied_now: [], pending: [] });

  const planned = (await cli('tenants', 'apply', '--demo', '--dry-run', '--json')).json['tenants'];
  expect(planned[0].changes.length).toBeGreaterThan(6);
  expect((await cli('tenants', 'apply', '--demo', '--json')).json['tenants']).toEqual(planned);
  expect((await cli('tenants', 'apply', '--demo', '--dry-run', '--json')).json['tenants'][0].changes).toEqual([]);
  expect((await cli('tenants', 'apply', '--demo', '--json')).json['tenants'][0].changes).toEqual([]);
  expect(await cli('tenants', 'apply')).toMatchObject({ code: 2 });
  expect(await cli('tenants', 'apply', file('t.yaml', 'tenants: [{ id: x, time_zone: Nowhere }]'))).toMatchObject({
    code: 1,
    error: 'TENANTS_FILE_INVALID',
  });
  expect(await runningEmbeddedPostgres(dataDir)).toBeNull();
});

test('playbooks: nothing is taken if one fails, unless partial; what is exported is what is there', async () => {
  const good = [
    'id: mine',
    'name: Mine',
    'description: d',
    'owner: o',
    'tier: normal',
    'triggers: [{ event_type: commit_pushed }]',
  ];
  const action =
    'actions: [{ type: mirror, surfaces: [ide], template: { title: "{{signal.payload.files_changed}} files", body: changed } }]';
  const set = join(folder, 'set');
  mkdirSync(set);
  file('set/good.yaml', ...good, action);
  file(
    'set/odd.yaml',
    ...good.map((line) => line.replace('commit_pushed', 'commit_pushd').replace('mine', 'odd')),
    action,
  );
  const lint = await cli('playbooks', 'lint', set, '--json');
  expect(lint).toMatchObject({ code: 1, error: 'PLAYBOOK_INVALID' });
  expect(lint.json['files'][1].findings[0]).toMatchObject({
    path: 'triggers[0].event_type',
    remedy: 'did you mean commit_pushed?',
  });

  expect(await cli('playbooks', 'import', set, '--tenant', 'demo', '--json')).toMatchObject({
    code: 1,
    json: { imported: [] },
  });
  const taken = await cli('playbooks', 'import', set, '--tenant', 'demo', '--publish', '--partial', '--json');
  expect(taken).toMatchObject({ code: 1, json: { imported: [{ playbook_id: 'mine', version: 1, published: true }] } });
  expect(await cli('playbooks', 'import', join(set, 'good.yaml'), '--tenant', 'nobody')).toMatchObject({
    code: 1,
    error: 'RESOURCE_NOT_FOUND',
  });
  const out = join(folder, 'exported');
  const exported = await cli('playbooks', 'export', '--tenant', 'demo', '--out', out, '--json');
  expect(exported.json['playbooks'].length).toBe(7);
  const again = await cli('playbooks', 'import', out, '--tenant', 'demo', '--publish', '--json');
  expect(again.code).toBe(0);
  for (const one of again.json['imported']) expect(one).toMatchObject({ imported: false, published: false });
});

test('D-80: what was defined before the first start is on mmm.admin_config with it, each once; applying it again tells nothing', async () => {
  serve = await startServe();
  const read = async () => {
    const { out } = await cli('consume', 'mmm.admin_config', '--json');
    return out.map((line) => JSON.parse(line) as { value: Record<string, string>; headers: Record<string, string> });
  };
  // The starter playbooks and `mine`.
  const [kinds, playbooks] = [['playbook.imported', 'playbook.published'], 7];
  const all = await until(read, (events) => events.length >= 2 + kinds.length * playbooks);
  const count = (type: string): number => all.filter(({ value }) => value['event_type'] === type).length;
  expect(kinds.map(count)).toEqual([playbooks, playbooks]);
  expect([count('tenant.applied'), count('actor.applied'), all.length]).toEqual([1, 1, 16]);
  expect(new Set(all.map(({ value }) => value['event_id'])).size).toBe(all.length);
  for (const { value, headers } of all)
    expect([value['tenant_id'], headers['mmm-outbox']]).toEqual(['demo', expect.stringMatching(/^0:/)]);
  expect(await cli('tenants', 'apply', '--demo')).toMatchObject({ code: 0 });
  expect(await cli('playbooks', 'deprecate', 'mine', '--tenant', 'demo')).toMatchObject({ code: 0 });
  expect(await cli('playbooks', 'rollback', 'mine', '--tenant', 'demo', '--to', '1')).toMatchObject({ code: 0 });
  const more = await until(read, (events) => events.length >= all.length + 2);
  const types = more.map(({ value }) => value['event_type']!).sort();
  expect(types).toEqual(
    [...all.map(({ value }) => value['event_type']!), 'playbook.deprecated', 'playbook.rolled_back'].sort(),
  );
});

test('beside a running engine: put in, read back, verify, count', async () => {
  const signals = file('s.jsonl', ...['a', 'b', 'c'].map((actor) => largeCommit(`s-${actor}`, actor)));
  const broken = file('broken.jsonl', largeCommit('x', 'x'), '{"half');
  expect(await cli('publish', 'pm3.signals.normalized', broken)).toMatchObject({ code: 1, error: 'RECORDS_INVALID' });
  expect((await cli('consume', 'pm3.signals.normalized')).out).toEqual([]);
  expect(await cli('publish', 'mmm.receipts', signals)).toMatchObject({ code: 2 });
  for (let times = 0; times < 2; times++)
    expect((await cli('publish', 'pm3.signals.normalized', signals, '--json')).json).toMatchObject({
      valid: 3,
      sent: 3,
    });

  const counted = await until(
    async () => (await cli('doctor', '--totals', '--json')).json,
    (json) => json['signals'] === 3,
  );
  expect(counted['by_result']).toEqual({ decided: 3 });
  const receipts = await until(
    async () => await cli('receipts', 'verify', 'mmm.receipts', '--json'),
    ({ json }) => json['receipts'] === 3,
  );
  expect(receipts).toMatchObject({ code: 0, json: { good: 3, bad: 0, verified: 3, signature_only: 0 } });
  const whole = await cli('receipts', 'verify', 'mmm.receipts', '--reexecute', '--topics', '--all');
  expect(whole).toMatchObject({ code: 0 });
  expect(whole.out.slice(0, 3).every((line) => / verified [0-9a-f-]{36} \(decision\)$/.test(line))).toBe(true);
  expect(whole.out[3]).toBe('3 receipts: 3 verified, 0 by signature only, 0 failed');
  expect(whole.out[4]).toMatch(/^\d+ published records compared, 0 not found/);
  expect((await cli('receipts', 'verify', 'mmm.receipts', '--signature-only')).out).toEqual([
    '3 receipts: 0 verified, 3 by signature only (3 not asked for more), 0 failed',
  ]);
  expect((await cli('receipts', 'verify', 'mmm.receipts', '--tenant', 'nobody', '--json')).json).toMatchObject({
    receipts: 0,
  });
  expect((await cli('receipts', 'verify', 'mmm.receipts', '--since', '2099-01-01', '--json')).json).toMatchObject({
    receipts: 0,
  });
  expect(await cli('receipts', 'verify', 'mmm.receipts', '--since', 'once')).toMatchObject({ code: 2 });

  const cards = await cli('consume', 'mmm.delivery.ide', '--json');
  expect(cards.out.length).toBeGreaterThanOrEqual(3);
  expect(cards.json).toMatchObject({
    headers: { 'mmm-tenant-id': 'demo' },
    value: { surface: 'ide', tenant_id: 'demo' },
  });
  expect((await cli('consume', 'mmm.decisions', '--limit', '2', '--json')).out).toHaveLength(2);
  expect((await cli('consume', 'mmm.decisions', '--from', 'latest')).out).toEqual([]);
  expect((await cli('consume', 'mmm.decisions', '--from', '2099-01-01')).out).toEqual([]);
  expect((await cli('consume', 'mmm.decisions', '--from', '2020-01-01', '--json')).out).toHaveLength(3);
  expect(await cli('consume', 'mmm.outbox')).toMatchObject({ code: 2 });

  const shards = (await cli('outbox', 'status', '--tail', '--json')).json['shards'] as Record<string, string>[];
  for (const shard of shards) {
    expect(shard).toMatchObject({ fault: null, unpublished: '0', cursor: shard['published_upto'] });
    if (shard['next_number'] !== '1') expect(Number(shard['tail_highest'])).toBe(Number(shard['next_number']) - 1);
  }
  const refused = await cli('outbox', 'set-cursor', '--shard', '0', '--to', '0', '--reason', 'r');
  expect(refused).toMatchObject({ code: 1, error: 'CONFLICT' });
  expect(await cli('outbox', 'set-cursor', '--shard', '0', '--to', '0', '--reason', ' ')).toMatchObject({ code: 2 });
  const doctor = await cli('doctor', '--json');
  expect(doctor).toMatchObject({ code: 0, json: { failed: 0 } });
  expect(JSON.stringify(doctor.json)).toContain('an MMM Engine answers there');
});

test('beside a running engine: why, what another version would have done, and whether all adds up', async () => {
  const id = idFrom(uuidIds, 'signal', ['pm3', 'demo', 's-a']);
  const why = await cli('explain', id, '--tenant', 'demo', '--json');
  expect(why).toMatchObject({ code: 0, json: { reproduced: true, result: 'decided', notes: [] } });
  expect(why.json['playbooks'].length).toBe(7);
  const ends = why.json['playbooks'].flatMap(({ actions }: { actions: { disposition: string }[] }) => actions);
  expect(ends.filter((one: { disposition: string }) => one.disposition === 'delivered').length).toBeGreaterThan(0);
  const words = (await cli('explain', id, '--tenant', 'demo')).out;
  expect(words.at(-1)).toBe('Planning again gave exactly what is recorded.');
  expect((await cli('explain', 's-a', '--tenant', 'demo')).out).toEqual(words);
  expect(await cli('explain', 'nothing', '--tenant', 'demo')).toMatchObject({ code: 1, error: 'RESOURCE_NOT_FOUND' });
  expect(await cli('explain', id)).toMatchObject({ code: 2 });

  const live = join(folder, 'exported', 'large-change.yaml');
  const backtest = await cli('playbooks', 'backtest', live, '--tenant', 'demo', '--since', '1h', '--json');
  expect(backtest).toMatchObject({ code: 0, json: { signals: 3, live_as_recorded: 3, per_person: null } });
  for (const { difference } of backtest.json['ends']) expect(difference).toBe(0);
  expect(await cli('playbooks', 'backtest', live, '--tenant', 'nobody')).toMatchObject({ error: 'RESOURCE_NOT_FOUND' });
  expect(await cli('playbooks', 'backtest', live, '--tenant', 'demo', '--since', 'once')).toMatchObject({ code: 2 });

  const totals = await cli('doctor', '--totals', '--tenant', 'demo', '--json');
  expect(totals).toMatchObject({ code: 0, json: { signals: 3, decisions: 3, add_up: true, faults: {} } });
  expect(await cli('doctor', '--tenant', 'demo')).toMatchObject({ code: 2 });
});

test('receipts in a file: an altered one is named; the key for the trust store verifies elsewhere', async () => {
  const lines = (await cli('consume', 'mmm.receipts', '--json')).out.map((line) =>
    JSON.stringify((JSON.parse(line) as { value: object }).value),
  );
  const { pem, kid } = (await cli('receipts', 'public-key', '--json')).json;
  const key = file(`${kid}.pem`, String(pem).trimEnd());
  const path = file('r.jsonl', ...lines);
  expect(await cli('receipts', 'verify', path, '--public-key', key, '--json')).toMatchObject({
    code: 0,
    json: { good: 3 },
  });
  expect(await cli('receipts', 'verify', path, '--public-key', `other=${key}`, '--json')).toMatchObject({
    code: 1,
    json: { bad: 3, problems: expect.arrayContaining([expect.objectContaining({ fault: 'KID_UNKNOWN' })]) },
  });
  const altered = file(
    'altered.jsonl',
    lines[0]!,
    lines[1]!.replace('"pass"', '"warn"').replace('sent,', 'sent ,'),
    lines[2]!,
  );
  const verdict = await cli('receipts', 'verify', altered, '--json');
  expect(verdict).toMatchObject({ code: 1, error: 'RECEIPT_INVALID', json: { receipts: 3, good: 2, bad: 1 } });
  expect(verdict.json['problems']).toMatchObject([
    { at: 'line 2', fault: 'SIGNATURE_WRONG', what: 'receipt field decision.rationale' },
  ]);
  const pretty = file('pretty.json', JSON.stringify(JSON.parse(lines[0]!), null, 2));
  expect((await cli('receipts', 'verify', pretty, '--json')).json['problems']).toMatchObject([
    { fault: 'NOT_CANONICAL' },
  ]);
});

test('an outcome of a card: put in, published with its receipt; no playbook is on probation for one vote', async () => {
  const { tenant_id, decision_id, action_id, actor_id } = (await cli('consume', 'mmm.delivery.ide', '--json')).json[
    'value'
  ] as Record<string, string>;
  const report = {
    outcome_id: 'o-1',
    tenant_id,
    decision_id,
    action_id,
    actor_id,
    result: 'dismissed',
    reason: 'not_useful',
    occurred_at: new Date().toISOString(),
  };
  const reports = file(
    'o.jsonl',
    JSON.stringify(report),
    JSON.stringify({ ...report, outcome_id: 'x', actor_id: 'x' }),
  );
  expect((await cli('publish', 'mmm.outcome_reports', reports, '--json')).json).toMatchObject({ sent: 2 });
  const events = await until(
    async () => await cli('consume', 'mmm.outcomes', '--json'),
    ({ out }) => out.length > 0,
  );
  expect(events.json).toMatchObject({
    value: { tenant_id: 'demo', event_type: 'mmm.outcome', payload: { outcome_id: 'o-1', result: 'dismissed' } },
  });
  const letters = await until(
    async () => await cli('consume', 'mmm.dlq', '--json'),
    ({ out }) => out.length > 0,
  );
  expect(letters.json).toMatchObject({
    headers: { 'mmm-dlq-code': 'RESOURCE_NOT_FOUND', 'mmm-dlq-stage': 'outcomes' },
  });
  expect(await cli('receipts', 'verify', 'mmm.receipts', '--json')).toMatchObject({
    code: 0,
    json: { good: 4, bad: 0, verified: 4 },
  });
  expect(await cli('playbooks', 'probation', '--tenant', 'demo', '--json')).toMatchObject({
    code: 0,
    json: { tenant: 'demo', playbooks: [] },
  });
  expect((await cli('playbooks', 'probation', '--tenant', 'demo')).out).toEqual(['No playbook is on probation.']);
  expect(await cli('playbooks', 'probation', '--tenant', 'nobody')).toMatchObject({
    code: 1,
    error: 'RESOURCE_NOT_FOUND',
  });
  expect(await cli('playbooks', 'probation')).toMatchObject({ code: 2 });
});

test('alone, into a pipe that closes early: exit code 0, and no server is left', async () => {
  await serve?.stop();
  const script = 'set -o pipefail; "$1" "$2" consume mmm.decisions --json | head -n 1';
  const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', process.execPath, MAIN], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(JSON.parse(stdout)).toMatchObject({ topic: 'mmm.decisions' });
  expect(await runningEmbeddedPostgres(dataDir)).toBeNull();
});

test('Ctrl-C ends --follow in order', async () => {
  const child = spawn(process.execPath, [MAIN, 'consume', 'mmm.decisions', '--follow', '--from', 'earliest'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await runningEmbeddedPostgres(dataDir)).toBeNull();
});

test('with the engine away, a lost cursor is found, explained, and set', async () => {
  const sql = async <Row>(text: string): Promise<readonly Row[]> =>
    await withDatabaseUrl(
      loadConfig(),
      SILENT_LOGGER,
      async (url) => await withPlainDatabase(url, SILENT_LOGGER, async (database) => await database.query<Row>(text)),
    );
  await sql(`DELETE FROM mmm_log_offsets WHERE topic = 'mmm.outbox'`);
  const status = (await cli('outbox', 'status', '--json')).json['shards'] as Record<string, string>[];
  expect(new Set(status.map(({ fault }) => fault))).toEqual(new Set(['OUTBOX_CURSOR_LOST']));
  const shard = status.find(({ next_number }) => next_number !== '1')!;
  const to = shard['published_upto']!;
  const set = await cli(
    'outbox',
    'set-cursor',
    '--shard',
    String(shard['shard']),
    '--to',
    to,
    '--reason',
    'test',
    '--json',
  );
  expect(set).toMatchObject({ code: 0, json: { from: null, to } });
  const after = (await cli('outbox', 'status', '--json')).json['shards'] as Record<string, string>[];
  expect(after.find((one) => one['shard'] === shard['shard'])).toMatchObject({ fault: null, cursor: to });
  const audit = await sql<{ what: string; details: object }>(
    `SELECT what, details FROM mmm_audit WHERE what LIKE 'outbox%'`,
  );
  expect(audit).toMatchObject([{ what: 'outbox_cursor_set', details: { to, reason: 'test', from: null } }]);
});
