import { expect, test } from '@jest/globals';
import type { Finding, Variant } from './cluster.ts';
import { simulate } from './simulation.ts';
import { VARIANTS } from './variants.ts';

const LIMIT_MS = 180_000;

const passed = new Map<string, readonly Finding[]>();

/** The code as it is, under the same faults. Several variants ask for the same runs. */
const findingsOfTheCode = async (seed: number, { faults, bulk }: Variant): Promise<readonly Finding[]> => {
  const how = { faults: faults ?? {}, bulk: bulk ?? false };
  const name = JSON.stringify([seed, how]);
  const held = passed.get(name) ?? (await simulate(seed, how)).findings;
  passed.set(name, held);
  return held;
};

test.each(VARIANTS)(
  '$name is found within $within seeds, and the code as it is passes them: $breaks',
  async (variant) => {
    let found: number | null = null;
    for (let seed = 1; seed <= variant.within && found === null; seed++) {
      if ((await simulate(seed, { variant })).findings.length > 0) found = seed;
      expect({ seed, findings: await findingsOfTheCode(seed, variant) }).toEqual({ seed, findings: [] });
    }
    expect(found).not.toBeNull();
  },
  LIMIT_MS,
);

test('each variant has a name of its own', () => {
  expect(new Set(VARIANTS.map(({ name }) => name)).size).toBe(VARIANTS.length);
});
