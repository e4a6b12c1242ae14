import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kafka } from 'kafkajs';
import { DECIDE_GROUP, INTAKE_GROUP, KafkaNames, OUTCOMES_GROUP } from '../../src/adapters/kafka/names.ts';
import { type EngineProcess, waitFor } from './support/engine-process.ts';
import { frozenMember } from './support/frozen-member.ts';
import { install, type Installation } from './support/installation.ts';
import { expectExactlyOnce, readOutputs, settled, sourcePosition } from './support/outputs.ts';
import { commits, type Sent } from './support/signals.ts';
import { produce, produceBytes, readTopic } from './support/topics.ts';

const HUNG_ENGINE = fileURLToPath(new URL('./support/hung-engine.ts', import.meta.url));
/** More than is decided before it is told to stop, on any machine this runs on; the test fails if not. */
const EACH_ROUND = 4_000;
const BAD_EACH_ROUND = 200;
const UNDER_WAY = 300;
const STOPS = 2;
const GROUPS = [DECIDE_GROUP, INTAKE_GROUP, OUTCOMES_GROUP];

let installation: Installation;
const sent: Sent[] = [];
let bad = 0;

const send = async (signals: number): Promise<void> => {
  const round = commits(80, signals / 80);
  sent.push(...round);
  await produce(installation.brokers, installation.topic('pm3.signals.normalized'), round);
  // Each is one dead letter as long as nobody reads it twice: intake writes a letter anew for what it is given again.
  const nonsense = Array.from({ length: BAD_EACH_ROUND }, (_, n) => ({ key: `${n}`, value: 'not JSON' }));
  for (const topic of ['ubi.behavioural_signals', 'mmm.outcome_reports'] as const) {
    await produceBytes(installation.brokers, installation.topic(topic), nonsense);
    bad += nonsense.length;
  }
};

const journalled = async (): Promise<number> =>
  Number((await installation.database.query<{ n: string }>('SELECT count(*) AS n FROM mmm_journal')).rows[0]!.n);

/** What a group has of members: a worker that went without a word stays in it until its session runs out. */
const membersLeft = async (): Promise<number> => {
  const names = new KafkaNames(installation.namespace);
  const admin = new Kafka({ brokers: installation.brokers, logCreator: () => () => undefined }).admin();
  await admin.connect();
  try {
    const { groups } = await admin.describeGroups(GROUPS.map((group) => names.group(group)));
    return groups.reduce((sum, { members }) => sum + members.length, 0);
  } finally {
    await admin.disconnect();
  }
};

/**
 * What was given twice. Null where a store did not answer in time and a session began anew: it reads its batch again, which on a machine with too much to
 * do is right, and no stop's doing.
 */
const duplicates = async (engine: EngineProcess): Promise<number | null> =>
  engine.logged('session_ended').length > 0 ? null : await engine.metric('mmm_records_total', { outcome: 'duplicate' });

beforeAll(async () => {
  installation = await install();
});
afterAll(async () => await installation?.remove());

test('SIGTERM under load: the worker ends by itself with 0 within its own deadline, and what the next one reads is new', async () => {
  for (let stop = 0; stop < STOPS; stop++) {
    const engine = await installation.start().ready();
    const before = await journalled();
    await send(EACH_ROUND);
    await waitFor('work under way', async () => ((await journalled()) > before + UNDER_WAY ? true : null));
    const given = await duplicates(engine);
    const end = await engine.end('SIGTERM');
    process.stderr.write(
      `${engine
        .logged('part_stopped')
        .map(({ part, after_ms }) => `${String(part)} ${String(after_ms)} ms`)
        .join(', ')}\n`,
    );
    expect(engine.logged('stop_deadline_passed')).toEqual([]);
    expect(end).toEqual({ code: 0, signal: null });
    const stoppingAt = engine.logs.findIndex(({ event }) => event === 'stopping');
    expect(engine.logs.slice(stoppingAt).filter(({ event }) => event === 'session_ended')).toEqual([]);
    expect([0, null]).toContain(given);
    const left = sent.length - (await journalled());
    process.stderr.write(
      `stopped ${String(engine.logged('stopped')[0]?.['after_ms'])} ms after SIGTERM, ${left} signals left\n`,
    );
    expect(left).toBeGreaterThan(0);
    expect(await membersLeft()).toBe(0);
  }
  const last = await installation.start().ready();
  await settled(installation, sent.length);
  // Decide counts what the journal has already, whoever gave it twice.
  expect([0, null]).toContain(await duplicates(last));
  expect(await last.end('SIGTERM')).toEqual({ code: 0, signal: null });
});

test('nothing was read twice by anybody: each raw record is one signal or one dead letter', async () => {
  const signals = await readTopic(installation.brokers, installation.topic('mmm.signals'));
  expect(signals).toHaveLength(sent.length);
  const letters = await readTopic(installation.brokers, installation.topic('mmm.dlq'));
  expect(letters).toHaveLength(bad);
  expect(new Set(letters.map(sourcePosition)).size).toBe(bad);
});

test('a dependency that never answers holds up a stop until the deadline of the engine and no longer; nothing is lost by it', async () => {
  const engine = installation.start({ program: HUNG_ENGINE, args: ['2'] });
  await engine.ready();
  await send(400);
  await engine.log('hangs');
  expect(await engine.end('SIGTERM')).toEqual({ code: 1, signal: null });
  expect(engine.logged('stop_deadline_passed')).toMatchObject([{ busy_with: 'pipeline' }]);
});

test('a second SIGTERM does not wait for the deadline', async () => {
  const engine = installation.start({ program: HUNG_ENGINE, args: ['2'] });
  await engine.ready();
  await send(400);
  await engine.log('hangs');
  engine.child.kill('SIGTERM');
  await engine.log('stopping');
  // Sooner than half a second it counts as the same wish, because npm and a terminal may both pass it on: so it is sent until it is heard.
  const insisting = setInterval(() => engine.child.kill('SIGTERM'), 100);
  const end = await engine.exited;
  clearInterval(insisting);
  expect(end).toEqual({ code: 1, signal: null });
  expect(engine.logged('stopped_at_once')).toHaveLength(1);
  expect(engine.logged('stop_deadline_passed')).toEqual([]);
});

test('a member that hangs holds up a stop no longer than the engine is given, neither of one that joins again nor of one that joins for the first time', async () => {
  const member = await installation.start().ready();
  const group = new KafkaNames(installation.namespace).group(DECIDE_GROUP);
  const hung = await frozenMember(installation.brokers, group, installation.topic('mmm.signals'));
  const rebalances = await member.metric('mmm_rebalances_total', {});
  const newcomer = installation.start({ args: ['serve', '--roles', 'decide,api'] });
  await waitFor('the group to gather anew', async () =>
    (await member.metric('mmm_rebalances_total', {})) > rebalances ? true : null,
  );
  // It owns nothing yet, which is not the same as having nothing to do.
  expect((await fetch(`${await newcomer.apiUrl()}/v1/mmm/ready`)).status).toBe(503);
  for (const end of await Promise.all([member.end('SIGTERM'), newcomer.end('SIGTERM')]))
    expect(end).toEqual({ code: 0, signal: null });
  for (const engine of [member, newcomer])
    expect(engine.logged('kafka.left_unannounced')).toMatchObject([{ group: DECIDE_GROUP }]);
  await hung.thaw();
});

test('through all of it: no loss, no duplicate, order kept', async () => {
  const engine = await installation.start().ready();
  await settled(installation, sent.length);
  await engine.end('SIGTERM');
  await expectExactlyOnce(installation, sent, await readOutputs(installation));
});
