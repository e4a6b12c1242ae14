import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lanesOf, runInLanes } from '../../src/pipeline/actor-lanes.ts';

const item = fc.record({ actor: fc.constantFrom('a', 'b', 'c', 'd', 'e'), n: fc.nat() });

describe('actor lanes', () => {
  test('an actor never overlaps itself and keeps its order, and no more lanes run than were allowed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), async (items, lanes) => {
        const running = new Set<string>();
        let widest = 0;
        const done = new Map<string, number[]>();
        await runInLanes(
          items,
          (one) => one.actor,
          lanes,
          async ({ key, items: lane }) => {
            expect(running.has(key)).toBe(false);
            running.add(key);
            widest = Math.max(widest, running.size);
            await new Promise((resolve) => setImmediate(resolve));
            running.delete(key);
            done.set(key, [...(done.get(key) ?? []), ...lane.map(({ n }) => n)]);
          },
        );
        const wanted = new Map<string, number[]>();
        for (const { actor, n } of items) wanted.set(actor, [...(wanted.get(actor) ?? []), n]);
        expect(done).toEqual(wanted);
        expect(widest).toBeLessThanOrEqual(lanes);
      }),
    );
  });

  test('a slow actor delays nobody else', async () => {
    let release = (): void => {};
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const done: string[] = [];
    const all = runInLanes(
      ['slow', 'a', 'b', 'c'],
      (key) => key,
      2,
      async ({ key }) => {
        if (key === 'slow') await slow;
        done.push(key);
        if (done.length === 3) release();
      },
    );
    await all;
    expect(done).toEqual(['a', 'b', 'c', 'slow']);
  });

  test('a failing lane is reported only after every lane has settled', async () => {
    const settled: string[] = [];
    const run = runInLanes(
      ['bad', 'good'],
      (key) => key,
      2,
      async ({ key }) => {
        if (key === 'bad') throw new Error('bad lane');
        await new Promise((resolve) => setImmediate(resolve));
        settled.push(key);
      },
    );
    await expect(run).rejects.toThrow('bad lane');
    expect(settled).toEqual(['good']);
  });

  test('lanes stand in the order of their first item, each with its items in their order', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 60 }), (items) => {
        const lanes = lanesOf(items, (one) => one.actor);
        expect(lanes.map(({ key }) => key)).toEqual([...new Set(items.map(({ actor }) => actor))]);
        for (const lane of lanes) expect(lane.items).toEqual(items.filter(({ actor }) => actor === lane.key));
      }),
    );
  });
});
