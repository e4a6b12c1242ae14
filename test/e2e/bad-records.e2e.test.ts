import { afterAll, beforeAll, expect, test } from '@jest/globals';
import avro from 'avsc';
import { badRecords, type BadRecord } from './support/bad-records.ts';
import type { EngineProcess } from './support/engine-process.ts';
import { install, type Installation } from './support/installation.ts';
import { expectExactlyOnce, type Outputs, readOutputs, settled, sourcePosition } from './support/outputs.ts';
import { commits, type Sent } from './support/signals.ts';
import { produce, produceBytes, readTopic } from './support/topics.ts';

const GOOD_COMMITS = 1_800;
const GOOD_RELEASES = 200;
const BAD = 200;
const TOMBSTONES = 4;
const REPEATED = 50;
const PORTIONS = 10;

let installation: Installation;
let engine: EngineProcess;
let outputs: Outputs;
let bad: BadRecord[];
const good: readonly Sent[] = commits(40, GOOD_COMMITS / 40);

/** The registered writer schema of a subject, asked for as any producer does. */
const schemaOf = async (subject: string): Promise<{ id: number; text: string }> => {
  const url = `${installation.addresses.SCHEMA_REGISTRY_URL}/subjects/${encodeURIComponent(subject)}/versions/latest`;
  const { id, schema } = (await (await fetch(url)).json()) as { id: number; schema: string };
  return { id, text: schema };
};

const releases = (schema: { id: number; text: string }): Buffer[] => {
  const type = avro.Type.forSchema(JSON.parse(schema.text) as avro.Schema);
  const nothing = Object.fromEntries(
    (JSON.parse(schema.text) as { fields: { name: string }[] }).fields.map(({ name }) => [name, null]),
  );
  return Array.from({ length: GOOD_RELEASES }, (_, n) => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(schema.id, 1);
    const about = { event_id: `release-${n}`, tenant_id: 'acme', occurred_at: new Date().toISOString() };
    return Buffer.concat([head, type.toBuffer({ ...nothing, ...about, status: 'succeeded' })]);
  });
};

const portions = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: PORTIONS }, (_, n) => all.slice((n * all.length) / PORTIONS, ((n + 1) * all.length) / PORTIONS));

beforeAll(async () => {
  installation = await install();
  const pm3 = installation.topic('pm3.signals.normalized');
  bad = badRecords(BAD, await schemaOf(`${pm3}-value`), 2_000_000_000);
  engine = installation.start({ env: { LOG_LEVEL: 'debug' } });
  const goodPortions = portions(good);
  const badPortions = portions(bad);
  for (let n = 0; n < PORTIONS; n++) {
    await produce(installation.brokers, pm3, goodPortions[n]!);
    await produceBytes(
      installation.brokers,
      pm3,
      badPortions[n]!.map(({ message }) => message),
    );
  }
  await produce(installation.brokers, pm3, good.slice(0, REPEATED));
  await produceBytes(
    installation.brokers,
    pm3,
    Array.from({ length: TOMBSTONES }, () => ({ key: 'gone', value: null })),
  );
  const releaseTopic = installation.topic('release.events');
  const avroReleases = releases(await schemaOf(`${releaseTopic}-value`));
  await produceBytes(
    installation.brokers,
    releaseTopic,
    avroReleases.map((value) => ({ value })),
  );
  await settled(installation, GOOD_COMMITS + GOOD_RELEASES);
  outputs = await readOutputs(installation);
});
afterAll(async () => await installation?.remove());

test('each bad record is one dead letter with the code of its fault, and no good record is one', () => {
  const codes = new Map(outputs.deadLetters.map(({ headers }) => [headers['n'], headers['mmm-dlq-code']]));
  // A letter whose content is withheld has none of the original's headers.
  const expected = bad.filter(({ secret }) => secret === null);
  const told = expected.map(({ code, message }) => [message.headers!['n'], code]);
  expect(told.map(([n]) => [n, codes.get(String(n))])).toEqual(told);
  expect(outputs.deadLetters.length).toBe(BAD);
  expect(new Set(outputs.deadLetters.map(sourcePosition)).size).toBe(BAD);
  const withheld = outputs.deadLetters.filter(({ headers }) => headers['mmm-dlq-code'] === 'SECRET_FOUND');
  expect(withheld.length).toBe(bad.length - expected.length);
});

test('a dead letter holds the original bytes, and where, why and when', () => {
  for (const { secret, message } of bad) {
    if (secret !== null) continue;
    const letter = outputs.deadLetters.find(({ headers }) => headers['n'] === message.headers!['n'])!;
    expect(letter.value?.equals(message.value as Buffer)).toBe(true);
    expect(letter.key).toBe(message.key ?? null);
    for (const name of [
      'topic',
      'partition',
      'offset',
      'timestamp',
      'stage',
      'code',
      'message',
      'attempts',
      'failed-at',
      'version',
    ])
      expect(letter.headers).toHaveProperty([`mmm-dlq-${name}`]);
  }
});

test('a secret is nowhere but where it came in: not in a dead letter, an output, a log line', async () => {
  const topics = [outputs.deadLetters, outputs.decisions, outputs.deliveries, outputs.receipts];
  topics.push(await readTopic(installation.brokers, installation.topic('mmm.signals')));
  const everything = topics
    .flat()
    .map(({ key, value, headers }) => [key, value?.toString('latin1'), JSON.stringify(headers)].join());
  const haystack = [...everything, engine.rawLog, ...engine.printed].join('\n');
  const secrets = bad.flatMap(({ secret }) => (secret === null ? [] : [secret]));
  expect(secrets.length).toBeGreaterThan(3);
  for (const secret of secrets) expect(haystack.includes(secret)).toBe(false);
});

test('every good record is in the journal and decided once; the sums of G1 hold', async () => {
  const actors = new Set(good.map(({ id }) => id));
  expect(actors.size).toBe(GOOD_COMMITS);
  await expectExactlyOnce(installation, good, outputs);
  const { rows } = await installation.database.query<{ result: string; count: string }>(
    'SELECT result, count(*) FROM mmm_journal GROUP BY result',
  );
  expect(Object.fromEntries(rows.map(({ result, count }) => [result, Number(count)]))).toEqual({
    decided: GOOD_COMMITS,
    context_only: GOOD_RELEASES,
  });
  const count = async (stage: string, outcome: string): Promise<number> =>
    await engine.metric('mmm_records_total', { stage, outcome });
  const normalised = GOOD_COMMITS + REPEATED + GOOD_RELEASES;
  expect(await count('intake', 'received')).toBe(normalised + BAD + TOMBSTONES);
  expect((await count('intake', 'rejected')) + (await count('normalise', 'rejected'))).toBe(BAD);
  expect(await count('intake', 'skipped')).toBe(TOMBSTONES);
  expect(await count('normalise', 'normalised')).toBe(normalised);
  expect(await count('decide', 'duplicate')).toBe(REPEATED);
  expect(await count('decide', 'no_candidate')).toBe(GOOD_RELEASES);
  expect(await count('decide', 'decided')).toBe(GOOD_COMMITS);
});
