import { expect, test } from '@jest/globals';
import { MmmError } from '../../../src/errors.ts';
import type { MmmSignalInput } from '../../../src/generated/records.ts';
import { releaseDue } from '../../../src/pipeline/defer/defer.ts';
import { tellHolders } from '../../../src/pipeline/defer/tell-holders.ts';
import { DecideHarness, NOTICE_PUSH, push, rulesWith, TENANT } from '../harness.ts';

const ON_PR = {
  ...NOTICE_PUSH,
  triggers: [{ event_type: 'pr_opened' }],
  deferral: { mode: 'defer', expires_after: '24h' },
};
const rules = rulesWith([ON_PR], { quiet_hours: { start: '22:00', end: '06:00' } });

const start = (nowMs: string) => {
  const harness = new DecideHarness(rules, 2);
  harness.now = Date.parse(nowMs);
  const { ids, codec, logger, metrics, clock } = harness.deps;
  const { deferrals, endings } = harness.journal;
  const deps = { ids, codec, logger, metrics, clock, writer: harness.log, deferrals, endings };
  const decided = async (...signals: MmmSignalInput[]): Promise<void> => {
    await harness.append(signals);
    const sessions = harness.sessions();
    await sessions.start();
    await harness.drained();
    await sessions.stop();
  };
  const about = (actor: string | null, id: string, event_type: string, change: Partial<MmmSignalInput> = {}) =>
    push(actor ?? '', id, {
      actor_id: actor,
      event_type,
      occurred_at: new Date(harness.now).toISOString(),
      payload: { pr_number: 7, files_changed: 1 },
      ...change,
    });
  return { harness, deps, decided, about };
};

test('a reviewer who merges folds the card of the author; nobody else hears of it, and no other tenant', async () => {
  const { harness, deps, decided, about } = start('2026-03-04T12:00:00Z');
  await decided(about('author', 'o', 'pr_opened'));
  await decided(about('stranger', 'x', 'pr_merged', { tenant_id: 'another' }));
  expect(await tellHolders(deps)).toBe(0);
  harness.now += 1_000;
  await decided(about('reviewer', 'm', 'pr_merged'));
  expect(await tellHolders(deps)).toBe(1);
  await decided();
  const last = harness.deliveries().at(-1)!;
  expect([last.actor_id, last.state, last.revision, last.notify, last.tenant_id]).toEqual([
    'author',
    'resolved',
    2,
    false,
    TENANT,
  ]);
  expect(harness.decisions().map(({ actor_id }) => actor_id)).toEqual(['author', 'author']);
  expect(await tellHolders(deps)).toBe(0);
});

test.each([
  ['by nobody in particular', null, 'human'],
  ['by a service', 'ci', 'service'],
] as const)(
  'what is merged %s supersedes what waits before it is due, with a receipt',
  async (_by, actor, actor_type) => {
    const { harness, deps, decided, about } = start('2026-03-04T23:00:00Z');
    await decided(about('author', 'o', 'pr_opened'));
    await decided(about(actor, 'm', 'pr_merged', { actor_type: actor_type as 'human' }));
    await tellHolders(deps);
    await decided();
    const ended = harness.decisions().at(-1)!;
    expect(ended.candidates).toMatchObject([{ disposition: 'superseded', reason_code: 'subject_resolved' }]);
    expect(harness.log.read('mmm.receipts')).toHaveLength(2);
    harness.now = Date.parse('2026-03-05T06:30:00Z');
    expect(await releaseDue(deps)).toBe(0);
    expect(harness.deliveries()).toEqual([]);
  },
);

test('a scheduler that dies before it has written leaves it to the next, and twice is once', async () => {
  const { harness, deps, decided, about } = start('2026-03-04T12:00:00Z');
  await decided(about('author', 'o', 'pr_opened'));
  await tellHolders(deps);
  await decided(about('reviewer', 'm', 'pr_merged'));
  const dying = {
    ...deps,
    writer: { append: () => Promise.reject(new MmmError('LOG_UNAVAILABLE')), close: () => Promise.resolve() },
  };
  await expect(tellHolders(dying)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
  harness.now += 60_000;
  const [first] = (await harness.journal.endings.take(harness.now, 10)).concerned;
  expect(first).toMatchObject({ actorId: 'author' });
  harness.now += 2 * 60_000;
  expect(await tellHolders(deps)).toBe(1);
  await decided();
  expect(harness.decisions()).toHaveLength(2);
});
