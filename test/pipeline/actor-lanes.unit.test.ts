import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runInLanes } from '../../src/pipeline/actor-lanes.ts';

const item = fc.record({ actor: fc.constantFrom('a', 'b', 'c', 'd', 'e'), n: fc.nat() });

describe('actor lanes', () => {
  test('an actor never overlaps itself, keeps its order, and results come back in the order of the items', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), async (items, lanes) => {
        const running = new Set<string>();
        let widest = 0;
        const results = await runInLanes(
          items,
          (one) => one.actor,
          lanes,
          async (lane, key) => {
            expect(running.has(key)).toBe(false);
            running.add(key);
            widest = Math.max(widest, running.size);
            await new Promise((resolve) => setImmediate(resolve));
            running.delete(key);
            return lane.map((one) => `${one.actor}${one.n}`);
          },
        );
        expect(results).toEqual(items.map((one) => `${one.actor}${one.n}`));
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
      async (lane, key) => {
        if (key === 'slow') await slow;
        done.push(key);
        if (done.length === 3) release();
        return lane;
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
      async (lane, key) => {
        if (key === 'bad') throw new Error('bad lane');
        await new Promise((resolve) => setImmediate(resolve));
        settled.push(key);
        return lane;
      },
    );
    await expect(run).rejects.toThrow('bad lane');
    expect(settled).toEqual(['good']);
  });
});
