import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LogTopicReader } from '../../src/adapters/embedded/log-topic-reader.ts';
import { partitionsBySetting } from '../../src/adapters/embedded/log-topics.ts';
import { LogWriter } from '../../src/adapters/embedded/log-writer.ts';
import { PostgresDecisionsOnFile, waitingDecisions } from '../../src/adapters/postgres/decisions-on-file.ts';
import { readOnly } from '../../src/adapters/postgres/read-only.ts';
import { recordedDeps } from '../../src/entrypoints/composition/recorded.ts';
import type { InputDecoder } from '../../src/pipeline/ports/codec.ts';
import { headersFromText } from '../../src/pipeline/ports/header-text.ts';
import type { OutputRecord } from '../../src/pipeline/ports/records.ts';
import { collectMissing, type ReconcileDeps } from '../../src/replay/items/missing-outputs.ts';
import { collectRedeliveries } from '../../src/replay/items/redeliveries.ts';
import type { Collected } from '../../src/replay/items/replay-item.ts';
import type { Selection } from '../../src/replay/plan/selection.ts';
import { runShadow, shadowGround } from '../../src/replay/shadow/run-shadow.ts';
import { makeDatabase, type TestDatabase } from '../adapters/postgres/test-database.ts';
import { jsonCodec } from '../pipeline/harness.ts';
import { define, record, START_MS, TENANT } from './recorded-history.ts';

const DAY = 24 * 3_600_000;
/** Every card of the history expires later than its first moment. */
const AS_OF_MS = START_MS;
const ALL: Selection = {
  ...{
    fromMs: START_MS - DAY,
    toMs: START_MS + 30 * DAY,
    actorId: null,
    playbookId: null,
    offsets: null,
    deadLetters: null,
  },
};
const decoder: InputDecoder = { decode: (_channel, bytes) => JSON.parse(Buffer.from(bytes).toString()) as unknown };

interface Row extends OutputRecord {
  readonly number: bigint;
}

let database: TestDatabase;
let deps: ReconcileDeps;
let rows: readonly Row[];
let writer: LogWriter;

/** What the pipeline put into its outbox, in order: the truth that everything here is compared with. What defined the playbooks is told there too. */
const outboxRows = async (): Promise<readonly Row[]> => {
  const found = await database.pipeline.query<{
    number: string;
    topic: Row['topic'];
    key: Buffer;
    value: Buffer;
    headers: string;
  }>(
    "SELECT number, topic, key, value, headers FROM mmm_outbox WHERE topic <> 'mmm.admin_config' ORDER BY shard, number",
  );
  return found.map(({ number, headers, ...row }) => ({
    ...row,
    number: BigInt(number),
    headers: headersFromText(headers),
  }));
};
const publishedUpto = async (number: bigint): Promise<unknown> =>
  await database.pipeline.query('UPDATE mmm_shards SET published_upto = $1::bigint', [number.toString()]);
const emptyLog = async (): Promise<unknown> => await database.pipeline.query('DELETE FROM mmm_log_records');
const missing = async (selection: Partial<Selection> = {}, planId = 'rp-x', asOfMs = AS_OF_MS): Promise<Collected> =>
  await collectMissing(deps, { tenantId: TENANT, selection: { ...ALL, ...selection }, asOfMs }, planId);

const textOf = ({ topic, key, value, headers }: OutputRecord): string =>
  JSON.stringify([topic, Buffer.from(key!).toString(), Buffer.from(value!).toString(), headers]);

beforeAll(async () => {
  database = await makeDatabase();
  await define(database);
  await record(database);
  rows = await outboxRows();
  const reader = readOnly(database.pipeline);
  deps = {
    ...recordedDeps({ api: database.api }),
    ...{
      onFile: new PostgresDecisionsOnFile(database.api),
      outbox: waitingDecisions(reader),
      decoder,
      codec: jsonCodec,
    },
    reader: new LogTopicReader(reader),
  };
  writer = new LogWriter(database.pipeline, { now: () => START_MS }, partitionsBySetting(6));
  await publishedUpto(rows.at(-1)!.number);
}, 600_000);
afterAll(async () => {
  await database.drop();
});

test('of outputs that are lost altogether every record is made again, with the very bytes, digests and revisions too', async () => {
  const { items, leftOut, selected } = await missing();
  expect(items.map(({ record: one }) => textOf(one)).sort()).toEqual(rows.map(textOf).sort());
  expect(
    new Set(rows.map(({ value }) => Buffer.from(value!).toString().includes('"variant":"digest"'))).has(true),
  ).toBe(true);
  expect(leftOut).toEqual({});
  expect(selected).toBeGreaterThan(240);
});

test('only what is missing; what this very plan has sent does not count as there, what another has sent does', async () => {
  const lost = rows.filter((_, n) => n % 5 === 0);
  await writer.append(rows.filter((_, n) => n % 5 !== 0));
  const found = await missing();
  expect(found.items.map(({ record: one }) => textOf(one)).sort()).toEqual(lost.map(textOf).sort());
  const sent = found.items.map(({ record: one, of }) => ({
    ...one,
    headers: { ...one.headers, 'mmm-replay-id': 'rp-x', 'mmm-replay-of': of },
  }));
  await writer.append(sent.slice(0, 7));
  expect((await missing({}, 'rp-x')).items).toHaveLength(lost.length);
  expect((await missing({}, 'rp-other')).items).toHaveLength(lost.length - 7);
  await writer.append(sent.slice(7));
  expect((await missing({}, 'rp-other')).items).toEqual([]);
});

test('what still waits in the outbox is not missing', async () => {
  await emptyLog();
  await publishedUpto(0n);
  const { items, leftOut } = await missing();
  expect(items).toEqual([]);
  expect(leftOut).toEqual({ still_on_its_way: rows.length });
  await publishedUpto(rows.at(-1)!.number);
});

test('a card that has expired is not published any more, what has aged out of its topic neither', async () => {
  const late = await missing({}, 'rp-x', START_MS + 13 * DAY);
  expect(late.items.filter(({ nudge }) => nudge !== null)).toEqual([]);
  expect(late.leftOut['expired']).toBeGreaterThan(10);
  const old = await missing({}, 'rp-x', START_MS + 25 * DAY);
  expect(new Set(old.items.map(({ record: { topic } }) => topic))).toEqual(new Set(['mmm.receipts']));
  expect(old.leftOut['aged_out']).toBeGreaterThan(10);
});

test('a decision whose rules are gone: its record and receipt as stored, and no card that nobody decided', async () => {
  const { items, leftOut } = await collectMissing(
    { ...deps, compile: () => null },
    { tenantId: TENANT, selection: ALL, asOfMs: AS_OF_MS },
    'rp-x',
  );
  const decisions = rows.filter(({ topic }) => topic === 'mmm.decisions');
  expect(leftOut).toEqual({ decision_not_reproducible: decisions.length });
  const stored = rows.filter(({ topic }) => !topic.startsWith('mmm.delivery.'));
  expect(items.map(({ record: one }) => textOf(one)).sort()).toEqual(stored.map(textOf).sort());
});

test("redelivery takes the stored cards of the selected signals, the newest revision of each, and no other tenant's", async () => {
  await emptyLog();
  await writer.append(rows);
  const foreign = rows.find(({ topic }) => topic === 'mmm.delivery.ide')!;
  const value = Buffer.from(foreign.value!).toString().replaceAll(`"tenant_id":"${TENANT}"`, '"tenant_id":"other"');
  await writer.append([{ ...foreign, value: Buffer.from(value) }]);
  const request = { tenantId: TENANT, selection: ALL, asOfMs: AS_OF_MS };
  const { items, leftOut, duplicates } = await collectRedeliveries(deps, request);
  const cards = rows.filter(({ topic }) => topic.startsWith('mmm.delivery.'));
  expect(items.length + (leftOut['later_revision'] ?? 0)).toBe(cards.length);
  expect(duplicates).toBe(items.length);
  const texts = new Set(cards.map(textOf));
  for (const { record: one, of } of items) {
    expect(texts.has(textOf(one))).toBe(true);
    expect(Buffer.from(one.value!).toString()).toContain(of);
  }
  const one = await collectRedeliveries(deps, {
    ...request,
    selection: { ...ALL, actorId: 'dev1', playbookId: 'large' },
  });
  expect(one.items.length).toBeGreaterThan(0);
  expect(one.items.length).toBeLessThan(items.length);
  for (const { record: card } of one.items)
    expect(JSON.parse(Buffer.from(card.value!).toString())).toMatchObject({ actor_id: 'dev1', playbook_id: 'large' });
  const expired = await collectRedeliveries(deps, { ...request, asOfMs: START_MS + 13 * DAY });
  expect(expired.items.filter(({ nudge }) => nudge !== null)).toEqual([]);
});

test('a shadow by the rules of then ends as it did; by rules without a playbook it says what would be gone; nothing is written', async () => {
  const sizes = async (): Promise<unknown> =>
    await database.pipeline.query(
      `SELECT (SELECT count(*) FROM mmm_journal) AS j, (SELECT count(*) FROM mmm_decisions) AS d, (SELECT count(*) FROM mmm_outbox) AS o,
              (SELECT count(*) FROM mmm_log_records) AS l, (SELECT sum(version) FROM mmm_actors) AS v`,
    );
  const untouched = await sizes();
  const request = { tenantId: TENANT, selection: ALL, nowMs: START_MS + 30 * DAY };
  const then = await runShadow(deps, { ...request, rules: 'then' });
  expect(then).toMatchObject({ same: then.signals, notReplayable: 0, examples: [] });
  expect((await shadowGround(deps, request)).selected).toBe(then.signals);
  const without = await runShadow(
    {
      ...deps,
      compile: (documents) =>
        deps.compile({
          ...documents,
          playbooks: documents.playbooks.filter(({ playbookId }) => playbookId !== 'large'),
        }),
    },
    { ...request, rules: 'now' },
  );
  expect(without.same).toBeLessThan(without.signals);
  expect(without.ends.filter(({ playbookId, again }) => playbookId === 'large' && again > 0)).toEqual([]);
  expect(without.examples.length).toBe(10);
  const asked = await runShadow(deps, { ...request, rules: 'then', selection: { ...ALL, playbookId: 'repeated' } });
  expect(new Set(asked.ends.map(({ playbookId }) => playbookId))).toEqual(new Set(['repeated']));
  expect(await sizes()).toEqual(untouched);
});
