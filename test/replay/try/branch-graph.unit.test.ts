import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BranchGraph } from '../../../src/replay/try/branch-graph.ts';

/** What the name says, the slow way: everything reachable from the later parents and not from the first. */
const broughtBy = (
  parentsOf: ReadonlyMap<string, readonly string[]>,
  [first, ...others]: readonly string[],
): Set<string> => {
  const reach = (from: readonly string[]): Set<string> => {
    const seen = new Set<string>();
    const next = [...from];
    for (let id = next.pop(); id !== undefined; id = next.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      next.push(...(parentsOf.get(id) ?? []));
    }
    return seen;
  };
  const main = reach([first!]);
  return new Set([...reach(others)].filter((id) => !main.has(id)));
};

test('counts what a merge brought in any graph as a walk of both sides does', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), { minLength: 3, maxLength: 40 }),
      (shape) => {
        const graph = new BranchGraph();
        const parentsOf = new Map<string, readonly string[]>();
        shape.forEach((picks, index) => {
          const parents = index === 0 ? [] : [...new Set(picks.map((pick) => `c${pick % index}`))];
          parentsOf.set(`c${index}`, parents);
          graph.add(`c${index}`, parents, index * 1_000);
          if (parents.length < 2) return;
          const brought = broughtBy(parentsOf, parents);
          const merged = graph.mergedBy(parents);
          expect(merged.commits).toBe(brought.size);
          if (brought.size > 0)
            expect(merged.firstCommittedAtMs).toBe(Math.min(...[...brought].map((id) => Number(id.slice(1)) * 1_000)));
        });
      },
    ),
  );
});
