import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { INSTALLATION } from '../../src/adapters/postgres/operations.ts';
import { cli } from '../entrypoints/cli/run-cli.ts';
import { uniqueName } from '../infra/stack.ts';
import { type EngineProcess, waitFor } from './support/engine-process.ts';
import { install, type Installation } from './support/installation.ts';
import { readOutputs, settled, sourcePosition } from './support/outputs.ts';
import { sinCommit, type Sent } from './support/signals.ts';
import { produce, produceBytes, readTopic } from './support/topics.ts';

/** Records that nobody can read until somebody registers their schema. */
const [BEFORE, FLOOD] = [8, 120];
const GOOD = 40;
const before = { ...process.env };

let installation: Installation;
let engine: EngineProcess;
let pm3: string;
/** Context-only records and decided ones in the journal so far. */
let signals = 0;

const registry = (path: string, schema?: string): Promise<Response> =>
  fetch(`${installation.addresses.SCHEMA_REGISTRY_URL}${path}`, {
    ...(schema === undefined ? {} : { method: 'POST', body: JSON.stringify({ schema }) }),
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
  });

const bad = (extra: Readonly<Record<string, unknown>>): Sent => sinCommit('dev1', 'acme', extra);
const letters = async (...args: string[]) => (await cli('dlq', 'list', ...args, '--json')).json;
const journal = async (): Promise<number> => {
  const { rows } = await installation.database.query<{ count: string }>('SELECT count(*) FROM mmm_journal');
  return Number(rows[0]!.count);
};
interface AuditLine {
  readonly what: string;
  readonly who: string;
  readonly details: Record<string, unknown>;
}
/** As the API's role and under the name of the installation: nobody else sees a line. */
const audit = async (): Promise<readonly AuditLine[]> => {
  const client = new pg.Client({ connectionString: installation.env['DATABASE_URL']! });
  await client.connect();
  try {
    await client.query(`SET ROLE mmm_api`);
    await client.query(`SELECT set_config('mmm.tenant', $1, false)`, [INSTALLATION]);
    const text = `SELECT what, who, details FROM mmm_audit WHERE what LIKE 'dlq%' ORDER BY audit_id`;
    return (await client.query<AuditLine>(text)).rows;
  } finally {
    await client.end();
  }
};
const lettersReach = async (count: number): Promise<void> =>
  void (await waitFor(`${count} letters`, async () =>
    (await readTopic(installation.brokers, installation.topic('mmm.dlq'))).length >= count ? true : null,
  ));

beforeAll(async () => {
  installation = await install();
  process.env = { ...before, ...installation.env, LOG_LEVEL: 'error' };
  engine = installation.start({
    env: { LOG_LEVEL: 'info', MMM_DLQ_BREAKER_RECORDS: '20', MMM_DLQ_BREAKER_REST_SECONDS: '3600' },
  });
  pm3 = installation.topic('pm3.signals.normalized');
});
afterAll(async () => {
  process.env = before;
  await installation?.remove();
});

test('list: one line a refused record, by code, stage, tenant and time; nothing of a payload', async () => {
  const secret = `pw-${'x'.repeat(12)}9`;
  const sent = [
    bad({ tenant_id: '' }),
    bad({ occurred_at: 'yesterday' }),
    bad({ occurred_at: 'tomorrow' }),
    bad({ payload: { password: secret } }),
    bad({ payload: { note: `evil \u001b[31m ${'y'.repeat(9_000)}` } }),
  ];
  await produce(installation.brokers, pm3, [...sent, sinCommit('dev1')]);
  await settled(installation, (signals += 1));
  await lettersReach(sent.length);
  const all = await letters();
  expect(all['totals']).toEqual({
    records: 5,
    waiting: 5,
    by_code: { TIME_MISSING: 2, SECRET_FOUND: 1, STRING_TOO_LONG: 1, TENANT_MISSING: 1 },
    foreign: 0,
  });
  expect((await letters('--code', 'TIME_MISSING'))['totals']).toMatchObject({ records: 2 });
  expect((await letters('--stage', 'intake'))['totals']).toMatchObject({ records: 2 });
  expect((await letters('--tenant', 'acme'))['totals']).toMatchObject({ records: 3 });
  expect((await letters('--since', '1h'))['totals']).toMatchObject({ records: 5 });
  expect((await letters('--until', '1h'))['totals']).toMatchObject({ records: 0 });
  expect((await letters('--last', '2'))['letters']).toHaveLength(2);
  expect(await cli('dlq', 'list', '--code', 'NO_SUCH_CODE')).toMatchObject({ code: 2 });
  const printed = (await cli('dlq', 'list')).out.join('\n');
  expect(printed).toMatch(/bytes withheld/);
  for (const text of [secret, 'yyyy', 'yesterday', '\u001b']) expect(printed).not.toContain(text);
  for (const line of printed.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

test('show: the letter by either place, its remedy, its payload without anything a terminal obeys', async () => {
  const [long] = (await letters('--code', 'STRING_TOO_LONG'))['letters'];
  for (const place of [long.source, long.letter]) {
    const shown = await cli('dlq', 'show', place);
    expect(shown.out.join('\n')).toMatch(/to mend it +shorten the string/);
    expect(shown.out.join('\n')).not.toContain('\u001b');
    expect(shown.out.at(-1)).toMatch(/more bytes/);
  }
  expect((await cli('dlq', 'show', long.source, '--json')).json).toMatchObject({
    code: 'STRING_TOO_LONG',
    tenant: 'acme',
  });
  const [secret] = (await letters('--code', 'SECRET_FOUND'))['letters'];
  const shown = await cli('dlq', 'show', secret.source, '--json');
  expect(shown.json).toMatchObject({ withheld: { bytes: expect.any(Number), sha256: expect.any(String) }, key: null });
  expect(shown.json).not.toHaveProperty('value');
  expect(await cli('dlq', 'show', 'pm3.signals.normalized:0:999999')).toMatchObject({ error: 'RESOURCE_NOT_FOUND' });
  expect(await cli('dlq', 'show', 'nonsense')).toMatchObject({ code: 2 });
});

test('replay: said first, sent with --yes, the bytes and key as they were; refused again it counts on, once a record', async () => {
  const planned = await cli('dlq', 'replay', '--code', 'TIME_MISSING', '--json');
  expect(planned.json).toMatchObject({ planned: 2, sent: 0, replay_id: null });
  expect(await audit()).toEqual([]);
  for (const times of [1, 2]) {
    const run = await cli('dlq', 'replay', '--code', 'TIME_MISSING', '--yes', '--reason', 'test', '--json');
    expect(run.json).toMatchObject({ planned: 2, sent: 2, not_sent: 0 });
    await lettersReach(5 + 2 * times);
    const back = await letters('--code', 'TIME_MISSING');
    expect(back['totals']).toMatchObject({ records: 2, waiting: 2 });
    for (const one of back['letters']) expect(one).toMatchObject({ attempts: 1 + times, earlier_letters: times });
  }
  const raw = (await readTopic(installation.brokers, pm3)).filter(
    ({ headers }) => headers['mmm-replay-id'] !== undefined,
  );
  const originals = await readTopic(installation.brokers, pm3);
  expect(raw).toHaveLength(4);
  for (const again of raw) {
    const first = originals.find(
      (one) => `pm3.signals.normalized:${one.partition}:${one.offset}` === again.headers['mmm-replay-of'],
    );
    expect(again.value!.equals(first!.value!)).toBe(true);
    expect(again.key).toBe(first!.key);
  }
  expect((await audit()).map(({ what, details }) => [what, details['sent']])).toEqual([
    ['dlq_replay', undefined],
    ['dlq_replay_ended', 2],
    ['dlq_replay', undefined],
    ['dlq_replay_ended', 2],
  ]);
  const [secret] = (await letters('--code', 'SECRET_FOUND'))['letters'];
  expect(await cli('dlq', 'replay', secret.source, '--yes')).toMatchObject({ code: 1, error: 'CONFLICT' });
});

test('a flood that a missing schema causes: the partition is held, the engine says so, other topics go on', async () => {
  const probe = await registry(
    `/subjects/${installation.namespace}probe-value/versions`,
    JSON.stringify({ type: 'record', name: uniqueName('probe'), fields: [] }),
  );
  const { id: known } = (await probe.json()) as { id: number };
  const records = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(known + 1, 1);
      const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length * 2]), Buffer.from(value)]);
      const at = new Date().toISOString();
      return { key: 'k', value: Buffer.concat([head, ...[`rel-${from + n}`, 'acme', at, 'succeeded'].map(text)]) };
    });
  const topic = installation.topic('release.events');
  const letterCount = async (): Promise<number> =>
    (await readTopic(installation.brokers, installation.topic('mmm.dlq'))).length;
  const held = await letterCount();
  await produceBytes(installation.brokers, topic, records(0, BEFORE));
  await lettersReach(held + BEFORE);
  await produceBytes(installation.brokers, topic, records(BEFORE, FLOOD));
  const line = await engine.log('dlq_breaker_open');
  expect(line).toMatchObject({ level: 'error', code: 'DLQ_BREAKER_OPEN', channel: 'release.events', senders: 1 });
  const good = Array.from({ length: GOOD }, (_, n) => sinCommit(`dev${n}`));
  await produce(installation.brokers, pm3, good);
  await settled(installation, (signals += GOOD));
  expect(await letterCount()).toBeLessThan(held + BEFORE + 20);
  expect(await engine.metric('mmm_partition_blocked', { reason: 'DLQ_BREAKER_OPEN' })).toBe(1);
  expect(await engine.metric('mmm_circuit_state', { name: `dlq:release.events:${String(line['lane'])}` })).toBe(1);
  const ready = `${await engine.apiUrl()}/v1/mmm/ready`;
  await waitFor('not ready', async () => ((await fetch(ready)).status === 503 ? true : null));
  expect(engine.logged('readiness').at(-1)).toMatchObject({ ready: false, failing: ['dead_letter_breaker'] });
  const status = await cli('dlq', 'breaker', '--json');
  expect(status.json['open']).toMatchObject([
    { topic: 'release.events', evidence: { codes: { SCHEMA_ID_UNKNOWN: expect.any(Number) } } },
  ]);

  // Mended: somebody registers the schema that the producers had been using.
  const fields = ['event_id', 'tenant_id', 'occurred_at', 'status'].map((name) => ({ name, type: 'string' }));
  const made = await registry(
    `/subjects/${installation.namespace}late-value/versions`,
    JSON.stringify({ type: 'record', name: uniqueName('late'), fields }),
  );
  expect(await made.json()).toEqual({ id: known + 1 });
  const gone = (await letterCount()) - held;
  await waitFor(
    'the trial that finds it mended',
    async () => {
      if (engine.logged('dlq_breaker_closed').length > 0) return true;
      await cli('dlq', 'breaker', 'try', `release.events:${String(line['lane'])}`);
      return null;
    },
    60_000,
  );
  await settled(installation, (signals += BEFORE + FLOOD - gone));
  expect((await letterCount()) - held).toBe(gone);
  expect((await cli('dlq', 'breaker', '--json')).json['open']).toEqual([]);
  expect(await engine.metric('mmm_partition_blocked', { reason: 'DLQ_BREAKER_OPEN' })).toBe(0);
});

test('what had gone before is replayed, twice, and everything is there exactly once; the totals add up', async () => {
  const waiting = (await letters('--code', 'SCHEMA_ID_UNKNOWN'))['totals'].records as number;
  const duplicates = await engine.metric('mmm_records_total', { stage: 'decide', outcome: 'duplicate' });
  const first = await cli('dlq', 'replay', '--code', 'SCHEMA_ID_UNKNOWN', '--yes', '--rate', '1000', '--json');
  expect(first.json).toMatchObject({ planned: waiting, sent: waiting });
  await settled(installation, (signals += waiting));
  expect((await letters('--code', 'SCHEMA_ID_UNKNOWN'))['totals']).toMatchObject({ records: waiting, waiting: 0 });
  const idle = await cli('dlq', 'replay', '--code', 'SCHEMA_ID_UNKNOWN', '--yes', '--json');
  expect(idle.json).toMatchObject({ planned: 0, sent: 0 });
  await cli('dlq', 'replay', '--code', 'SCHEMA_ID_UNKNOWN', '--again', '--yes', '--json');
  await waitFor('the second time is found', async () =>
    (await engine.metric('mmm_records_total', { stage: 'decide', outcome: 'duplicate' })) >= duplicates + waiting
      ? true
      : null,
  );
  expect(await journal()).toBe(signals);
  const { rows } = await installation.database.query<{ result: string; count: string }>(
    'SELECT result, count(*) FROM mmm_journal GROUP BY result',
  );
  expect(Object.fromEntries(rows.map(({ result, count }) => [result, Number(count)]))).toEqual({
    decided: 1 + GOOD,
    context_only: BEFORE + FLOOD,
  });
  expect((await cli('doctor', '--totals', '--json')).json).toMatchObject({ signals, add_up: true, faults: {} });

  // G1 over the raw topics: what came in is a signal, a repetition, or a letter of its own place.
  const received = (
    await Promise.all([pm3, installation.topic('release.events')].map((one) => readTopic(installation.brokers, one)))
  ).flat();
  const outputs = await readOutputs(installation);
  const places = outputs.deadLetters.map(sourcePosition);
  expect(received.length).toBe(signals + waiting + new Set(places).size);
});

test('purge: says exactly what goes, refuses what nobody chose, and is for good', async () => {
  expect(await cli('dlq', 'purge', '--code', 'SCHEMA_ID_UNKNOWN')).toMatchObject({ code: 2 });
  const all = (await readTopic(installation.brokers, installation.topic('mmm.dlq'))).length;
  const said = await cli('dlq', 'purge', '--reason', 'test is over', '--json');
  expect(said.json).toMatchObject({ chosen: all, others: 0, removed: 0 });
  expect((await readTopic(installation.brokers, installation.topic('mmm.dlq'))).length).toBe(all);
  const newest = (await letters('--last', '1'))['letters'][0].letter as string;
  const one = await cli('dlq', 'purge', newest, '--reason', 'one', '--yes', '--json');
  const stands = (await readTopic(installation.brokers, installation.topic('mmm.dlq'))).filter(
    ({ partition }) => String(partition) === newest.split(':')[1],
  );
  expect(one).toMatchObject(stands.length > 1 ? { code: 1, error: 'CONFLICT' } : { code: 0 });
  const gone = await cli('dlq', 'purge', '--reason', 'test is over', '--yes', '--json');
  expect(gone).toMatchObject({ code: 0, json: { others: 0 } });
  expect(await readTopic(installation.brokers, installation.topic('mmm.dlq'))).toEqual([]);
  expect((await letters())['totals']).toMatchObject({ records: 0 });
  const last = (await audit()).at(-1)!;
  expect(last).toMatchObject({
    what: 'dlq_purge',
    who: expect.stringMatching(/^cli:/),
    details: { reason: 'test is over' },
  });
  expect((await cli('doctor', '--totals', '--json')).json).toMatchObject({ signals, add_up: true });
});
