import { expect, test } from '@jest/globals';
import { MmmError } from '../../../src/errors.ts';
import type { RawRecord } from '../../../src/pipeline/ports/intake.ts';
import { collectDeadLetters, type DeadLetterDeps, type Retry } from '../../../src/replay/items/dead-letters.ts';
import type { Collected } from '../../../src/replay/items/replay-item.ts';
import type { DeadLetterFilter, Selection } from '../../../src/replay/plan/selection.ts';
import { HOUR, NOW, REQUEST } from '../run/replay-world.ts';
import { listReader } from './list-reader.ts';

const iso = (ms: number): string => new Date(ms).toISOString();
const letter = (headers: Record<string, string> = {}, change: Partial<RawRecord> = {}): RawRecord => ({
  ...{ channel: 'mmm.dlq', lane: 0, position: 1n, timestampMs: NOW, key: null },
  value: Buffer.from('{"tenant_id":"acme","actor_id":"dev1"}'),
  headers: {
    ...{ 'mmm-dlq-topic': 'mmm.triggers', 'mmm-dlq-partition': '2', 'mmm-dlq-offset': '7', 'mmm-dlq-code': 'NOT_JSON' },
    ...{ 'mmm-dlq-stage': 'intake', 'mmm-dlq-failed-at': iso(NOW - HOUR / 2), traceparent: 'trace' },
    ...headers,
  },
  ...change,
});
const taken = (change: Partial<Extract<Retry, { kind: 'taken' }>> = {}): Retry => ({
  ...{ kind: 'taken', tenantId: 'acme', signalId: 's1', occurredAtMs: NOW - HOUR },
  ...change,
});
const collect = async (
  letters: readonly RawRecord[],
  retry: DeadLetterDeps['retry'] = () => Promise.resolve(taken()),
  filter: Partial<DeadLetterFilter> = {},
  selection: Partial<Selection> = {},
): Promise<Collected> =>
  await collectDeadLetters(
    {
      ...{ reader: listReader(letters), retry, maxLatenessMs: 24 * HOUR },
      knownSignals: (_tenant, ids) => Promise.resolve(new Set(ids.filter((id) => id === 'known'))),
    },
    {
      ...{ tenantId: 'acme', asOfMs: NOW },
      selection: {
        ...REQUEST.selection,
        deadLetters: { code: null, stage: null, topic: null, ...filter },
        ...selection,
      },
    },
  );

test('the record as it stood in its topic: bytes, key and own headers; nothing of the letter', async () => {
  const { items, selected } = await collect([letter({ 'mmm-replay-id': 'rp-old', 'mmm-replay-of': 'x' })]);
  expect(selected).toBe(1);
  expect(items).toMatchObject([
    {
      record: { topic: 'mmm.triggers', key: null, headers: { traceparent: 'trace' } },
      ...{ of: 'mmm.triggers/2/7', atMs: NOW - HOUR / 2, nudge: null },
    },
  ]);
  expect(Object.keys(items[0]!.record.headers)).toEqual(['traceparent']);
  expect(Buffer.from(items[0]!.record.value!).toString()).toBe('{"tenant_id":"acme","actor_id":"dev1"}');
});

test('a letter that a crash has written twice is one', async () => {
  expect((await collect([letter(), letter({}, { position: 2n })])).items).toHaveLength(1);
});

test.each<[string, Partial<DeadLetterFilter>, Partial<Selection>, number]>([
  ['code', { code: 'NOT_JSON' }, {}, 1],
  ['other code', { code: 'TOO_DEEP' }, {}, 0],
  ['stage', { stage: 'intake' }, {}, 1],
  ['other stage', { stage: 'decide' }, {}, 0],
  ['topic', { topic: 'mmm.triggers' }, {}, 1],
  ['other topic', { topic: 'release.events' }, {}, 0],
  ['actor', {}, { actorId: 'dev1' }, 1],
  ['other actor', {}, { actorId: 'dev2' }, 0],
  ['later', {}, { fromMs: NOW - HOUR / 4 }, 0],
  ['earlier', {}, { toMs: NOW - HOUR / 2 }, 0],
])('by %s', async (_name, filter, selection, count) => {
  expect((await collect([letter()], undefined, filter, selection)).selected).toBe(count);
});

test("whose it is has to be said by the record itself: by what it holds, its header or its key, else it is nobody's", async () => {
  const silent = (): Promise<Retry | null> => Promise.resolve(null);
  const bytes = Buffer.from('{"half');
  const whose = async (one: RawRecord, retry = silent): Promise<number> => (await collect([one], retry)).selected;
  expect(await whose(letter({}, { value: bytes }))).toBe(0);
  expect(await whose(letter({ 'mmm-tenant-id': 'acme' }, { value: bytes }))).toBe(1);
  expect(await whose(letter({}, { value: bytes, key: Buffer.from('acme|dev1') }))).toBe(1);
  expect(await whose(letter({}, { value: bytes, key: Buffer.from('acme2|dev1') }))).toBe(0);
  expect(await whose(letter({ 'mmm-tenant-id': 'acme' }, { value: Buffer.from('{"tenant_id":"other"}') }))).toBe(0);
  expect(await whose(letter(), () => Promise.resolve(taken({ tenantId: 'other' })))).toBe(0);
});

test('what would only be refused again, or has no bytes any more, is left out with the reason', async () => {
  const refused = await collect([letter()], () => Promise.resolve({ kind: 'refused', code: 'TOO_DEEP' }));
  expect(refused).toMatchObject({ items: [], leftOut: { refused_again_TOO_DEEP: 1 } });
  const fault = await collect([letter()], () => Promise.reject(new Error('a fault of ours')));
  expect(fault).toMatchObject({ items: [], leftOut: { refused_again_UNEXPECTED_FAILURE: 1 } });
  const withheld = letter({ 'mmm-tenant-id': 'acme' }, { value: Buffer.from('{"withheld":true,"bytes":9}') });
  expect(await collect([withheld], () => Promise.resolve(null))).toMatchObject({ items: [], leftOut: { withheld: 1 } });
  const away = new MmmError('REGISTRY_UNAVAILABLE');
  await expect(collect([letter()], () => Promise.reject(away))).rejects.toBe(away);
});

test('what the journal knows counts as a duplicate, what is past max_lateness as too old to nudge', async () => {
  expect(await collect([letter()], () => Promise.resolve(taken({ signalId: 'known' })))).toMatchObject({
    duplicates: 1,
  });
  expect(await collect([letter()], () => Promise.resolve(taken({ occurredAtMs: NOW - 25 * HOUR })))).toMatchObject({
    ...{ late: 1, duplicates: 0 },
  });
});

test('nothing is offered to an output or to a topic that is not ours', async () => {
  for (const topic of ['mmm.decisions', 'mmm.receipts', 'mmm.outbox', 'mmm.dlq', 'elsewhere'])
    expect((await collect([letter({ 'mmm-dlq-topic': topic })])).selected).toBe(0);
});
