import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PlanStore } from '../../src/replay/plan/plan-store.ts';
import { NO_PROGRESS } from '../../src/replay/run/progress.ts';

export interface PlansUnderTest {
  readonly store: PlanStore;
  close(): Promise<void>;
}

const AT = Date.parse('2026-05-06T12:00:00.123Z');
const APPROVAL = { by: 'bob', atMs: AT + 1, approval: 'sig-ed25519:k:AAAA' };
const PROGRESS = {
  settled: { upto: 3, sent: 2, dropped: { expired: 1 } },
  pending: { upto: 6, sent: 5, dropped: { expired: 1 } },
};

/** What every PlanStore keeps (replay/plan/plan-store.ts). */
export const planStoreContract = (name: string, make: () => Promise<PlansUnderTest>): void => {
  describe(`plan store contract: ${name}`, () => {
    let store: PlanStore;
    let close: () => Promise<void>;
    let made = 0;
    let planId = '';

    beforeAll(async () => {
      ({ store, close } = await make());
    });
    afterAll(async () => await close());
    beforeEach(async () => {
      made += 1;
      planId = `rp-${made}`;
      await store.insert({
        ...{ tenantId: 'acme', planId, document: '{"a":"\\u0000"}', digest: 'sha256:d' },
        ...{ plannedBy: 'ann', plannedAtMs: AT + made },
      });
    });

    const approved = async (): Promise<void> => void (await store.approve('acme', planId, APPROVAL));
    const started = async (runner: string): Promise<boolean> =>
      await store.start('acme', planId, { runner, by: 'cli:op', atMs: AT + 2 });

    test('a new plan is there as it was given, and nobody has agreed to it', async () => {
      expect(await store.find('acme', planId)).toEqual({
        ...{ tenantId: 'acme', planId, document: '{"a":"\\u0000"}', digest: 'sha256:d', plannedBy: 'ann' },
        ...{ plannedAtMs: AT + made, approvedBy: null, approvedAtMs: null, approval: null, state: 'planned' },
        ...{ runner: null, runBy: null, startedAtMs: null, finishedAtMs: null, progress: NO_PROGRESS },
        ...{ failure: null, report: null, receiptId: null, receipt: null },
      });
    });

    test('plans of another tenant are not there', async () => {
      expect(await store.find('other', planId)).toBeNull();
      expect(await store.list('other', 9)).toEqual([]);
      expect(await store.approve('other', planId, APPROVAL)).toBe(false);
    });

    test('the newest comes first', async () => {
      const plans = await store.list('acme', 2);
      expect(plans.map((plan) => plan.planId).slice(0, 1)).toEqual([planId]);
      expect(plans.length).toBe(Math.min(2, made));
    });

    test('approved once', async () => {
      expect(await store.approve('acme', planId, APPROVAL)).toBe(true);
      expect(await store.approve('acme', planId, { ...APPROVAL, by: 'carl' })).toBe(false);
      expect(await store.find('acme', planId)).toMatchObject({
        state: 'approved',
        approvedBy: 'bob',
        approvedAtMs: AT + 1,
      });
    });

    test('not started before it is approved', async () => {
      expect(await started('one')).toBe(false);
      await approved();
      expect(await started('one')).toBe(true);
      expect(await store.find('acme', planId)).toMatchObject({
        state: 'running',
        runBy: 'cli:op',
        startedAtMs: AT + 2,
      });
    });

    test('only the runner of now notes, fails, keeps a receipt and finishes', async () => {
      await approved();
      await started('one');
      expect(await store.note('acme', planId, 'one', PROGRESS)).toBe(true);
      await started('two');
      const receipt = { report: '{}', receiptId: 'r', receipt: 'text' };
      expect(await store.note('acme', planId, 'one', NO_PROGRESS)).toBe(false);
      expect(await store.fail('acme', planId, 'one', 'x')).toBe(false);
      expect(await store.keepReceipt('acme', planId, 'one', receipt)).toBeNull();
      expect(await store.finish('acme', planId, 'one', AT + 3)).toBe(false);
      expect(await store.find('acme', planId)).toMatchObject({ state: 'running', progress: PROGRESS, receipt: null });
    });

    test('the first receipt stays', async () => {
      await approved();
      await started('one');
      const first = { report: '{"a":1}', receiptId: 'r1', receipt: 'first' };
      expect(await store.keepReceipt('acme', planId, 'one', first)).toEqual({ report: '{"a":1}', receipt: 'first' });
      await started('two');
      const second = { report: '{"a":2}', receiptId: 'r2', receipt: 'second' };
      expect(await store.keepReceipt('acme', planId, 'two', second)).toEqual({ report: '{"a":1}', receipt: 'first' });
      expect(await store.find('acme', planId)).toMatchObject({ receiptId: 'r1' });
    });

    test('what failed may start again, what is done may not', async () => {
      await approved();
      await started('one');
      expect(await store.fail('acme', planId, 'one', 'why')).toBe(true);
      expect(await store.find('acme', planId)).toMatchObject({ state: 'failed', failure: 'why' });
      expect(await started('two')).toBe(true);
      expect(await store.find('acme', planId)).toMatchObject({ state: 'running', failure: null });
      expect(await store.finish('acme', planId, 'two', AT + 4)).toBe(true);
      expect(await store.find('acme', planId)).toMatchObject({ state: 'done', finishedAtMs: AT + 4 });
      expect(await started('three')).toBe(false);
    });
  });
};
