import { expect, test } from '@jest/globals';
import { verifyReceipt } from '../../../src/admin/queries/verify-receipt.ts';
import type { StoredPlan } from '../../../src/replay/plan/plan-store.ts';
import { anItem, HOUR, Mortal, NOW, person, ReplayWorld, REQUEST } from './replay-world.ts';

const IDS = Array.from({ length: 8 }, (_, n) => `delivery-${n}`);

const withItems = (count = 8): ReplayWorld => {
  const world = new ReplayWorld();
  world.items = Array.from({ length: count }, (_, n) => anItem(n));
  return world;
};

const approved = async (world: ReplayWorld): Promise<string> => {
  const planId = await world.plan();
  await world.approve(planId);
  return planId;
};

test('planned by one, approved by another, run: each record once, as it was, marked, at the agreed rate', async () => {
  const world = withItems();
  const planId = await approved(world);
  expect(world.sent()).toEqual([]);
  const answer = await world.run(planId);
  expect(answer).toMatchObject({ before: false, report: { sent: 8, dropped: {} } });
  expect(world.sentIds().sort()).toEqual(IDS);
  for (const { headers, value } of world.sent()) {
    expect(headers).toMatchObject({ 'mmm-replay-id': planId, 'mmm-tenant-id': 'acme' });
    expect(Buffer.from(value!).toString()).toBe(String(headers['mmm-replay-of']).replace('delivery-', 'card '));
  }
  // Three a second: three batches, the second and third each a second after the one before.
  expect(world.pauses).toEqual([1_000, 1_000]);
  expect(await world.store.find('acme', planId)).toMatchObject({ state: 'done', runBy: 'cli:op' });
});

test('the receipt of the run is signed, names both people and the plan, and is in the outputs once', async () => {
  const world = withItems();
  const planId = await approved(world);
  const { receipt } = await world.run(planId);
  expect(verifyReceipt(Buffer.from(receipt), world.trust).fault).toBeNull();
  const stored = (await world.store.find('acme', planId))!;
  expect(JSON.parse(receipt)).toMatchObject({
    inputs: {
      ...{ kind: 'replay', mode: 'redeliver', plan_id: planId, plan_digest: stored.digest, run_by: 'cli:op' },
      ...{ planned_by: 'ann', approved_by: 'bob', approval: stored.approval },
    },
    result: { items: 8, sent: 8, dropped: {} },
  });
  const published = world.log.read('mmm.receipts').map(({ value }) => Buffer.from(value!).toString());
  expect(published).toEqual([receipt]);
});

test('given again, a plan that is done sends nothing and answers what it came to', async () => {
  const world = withItems();
  const planId = await approved(world);
  const first = await world.run(planId);
  world.nowMs += 48 * HOUR;
  expect(await world.run(planId)).toEqual({ ...first, before: true });
  expect(world.sent()).toHaveLength(8);
});

// Eighty lives, each with its own signatures: the limit only ends a hang.
test('killed at any point, before or after what it was doing, and run again: each record once, counts exact, one receipt', async () => {
  let deaths = 0;
  for (const when of ['before', 'after'] as const) {
    for (let at = 1; at < 40; at += 1) {
      const world = withItems();
      world.items = world.items.map((item, n) => (n === 4 ? anItem(4, {}) : item));
      world.vetoes = () => 'opted_out';
      const planId = await approved(world);
      const mortal = new Mortal(at, when);
      await world.run(planId, { mortal }).catch(() => undefined);
      if (mortal.died) deaths += 1;
      world.nowMs += 1_000;
      const answer = await world.run(planId);
      const expected = IDS.filter((id) => id !== 'delivery-4');
      expect([when, at, world.sentIds().sort()]).toEqual([when, at, expected]);
      expect([when, at, answer.report]).toEqual([when, at, { sent: 7, dropped: { opted_out: 1 } }]);
      const receipts = world.log.read('mmm.receipts').map(({ value }) => Buffer.from(value!).toString());
      expect(receipts).toEqual([(await world.store.find('acme', planId))!.receipt]);
    }
  }
  expect(deaths).toBeGreaterThan(30);
}, 60_000);

test('a run that is taken over notes and sends nothing more', async () => {
  const world = withItems();
  const planId = await approved(world);
  let second: Promise<unknown> = Promise.resolve();
  let calls = 0;
  world.items = world.items.map((item, n) => (n === 3 ? anItem(3, {}) : item));
  // Asked in the middle of the first run: by then another process has run the whole plan.
  world.vetoes = () => {
    calls += 1;
    if (calls === 1) second = world.run(planId);
    return null;
  };
  const first = world.run(planId);
  const ends = await Promise.allSettled([first, first.catch(() => second)]);
  await second;
  expect(ends[0]).toMatchObject({ status: 'rejected' });
  expect(world.sentIds().sort()).toEqual(IDS);
  expect(await world.store.find('acme', planId)).toMatchObject({ state: 'done' });
});

test('without an approval, after 24 hours, or when what it counted moved, nothing runs', async () => {
  const world = withItems();
  const planId = await world.plan();
  await expect(world.run(planId)).rejects.toMatchObject({ code: 'REPLAY_NOT_APPROVED' });
  await world.approve(planId);
  world.nowMs = NOW + 24 * HOUR;
  await expect(world.run(planId)).rejects.toMatchObject({ code: 'REPLAY_EXPIRED' });
  world.nowMs = NOW + HOUR;
  const [first, ...others] = world.items;
  world.items = others;
  await expect(world.run(planId)).rejects.toMatchObject({
    code: 'REPLAY_GROUND_MOVED',
    message: expect.stringContaining('items: 8 then, 7 now'),
  });
  world.items = [anItem(99), ...others];
  await expect(world.run(planId)).rejects.toMatchObject({
    code: 'REPLAY_GROUND_MOVED',
    message: expect.stringContaining('as many, but not the same ones'),
  });
  expect(world.sent()).toEqual([]);
  expect(await world.store.find('acme', planId)).toMatchObject({ state: 'failed' });
  world.items = [first!, ...others];
  await world.run(planId);
  expect(world.sentIds().sort()).toEqual(IDS);
});

test('a card is judged at the moment of sending', async () => {
  const world = withItems(0);
  world.items = [anItem(0, { actorId: 'in' }), anItem(1, { actorId: 'out' }), anItem(2)];
  world.vetoes = ({ actorId }) => (actorId === 'out' ? 'opted_out' : null);
  const { report } = await world.run(await approved(world));
  expect(report).toEqual({ sent: 2, dropped: { opted_out: 1 } });
  expect(world.sentIds().sort()).toEqual(['delivery-0', 'delivery-2']);
});

test('a log that has forgotten the position is not guessed at', async () => {
  const world = withItems();
  const planId = await approved(world);
  const settled = { upto: 3, sent: 3, dropped: {} };
  await world.store.start('acme', planId, { runner: 'r', by: 'x', atMs: NOW });
  await world.store.note('acme', planId, 'r', { settled, pending: null });
  await expect(world.run(planId)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(world.sent()).toEqual([]);
});

test('interrupted, it says how far it was; another run goes on', async () => {
  const world = withItems();
  const planId = await approved(world);
  const ended = new AbortController();
  ended.abort();
  await expect(world.run(planId, { signal: ended.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await world.run(planId);
  expect(world.sentIds().sort()).toEqual(IDS);
});

test('whoever rewrites a stored plan or its approval is found', async () => {
  const world = withItems();
  const planId = await approved(world);
  const stored = (await world.store.find('acme', planId))!;
  const tampered: Partial<StoredPlan>[] = [
    { document: stored.document.replace('"ratePerSecond":3', '"ratePerSecond":500') },
    { digest: `sha256:${'0'.repeat(64)}` },
    { plannedBy: 'carl' },
    { approvedBy: 'carl' },
    { approvedAtMs: stored.approvedAtMs! + 1 },
    { approval: 'sig-ed25519:ephemeral:AAAA' },
    { approval: 'sig-ed25519:other:AAAA' },
    { approval: 'mock-sig' },
  ];
  const honest = world.store.find.bind(world.store);
  for (const change of tampered) {
    world.store.find = async (...where) => ({ ...(await honest(...where))!, ...change });
    await expect(world.run(planId)).rejects.toMatchObject({ code: 'REPLAY_ALTERED' });
  }
  expect(world.sent()).toEqual([]);
});

test('a plan of another tenant is not there', async () => {
  const world = withItems();
  const planId = await world.plan(person('ann', { tenantId: 'other' }), REQUEST);
  await expect(world.run(planId)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
});
