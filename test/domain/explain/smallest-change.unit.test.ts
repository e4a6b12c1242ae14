import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { plan } from '../../../src/domain/decision/plan.ts';
import { applyChange } from '../../../src/domain/explain/apply-change.ts';
import { candidateChanges } from '../../../src/domain/explain/candidate-changes.ts';
import { type Change, KIND_ORDER } from '../../../src/domain/explain/change.ts';
import { explain } from '../../../src/domain/explain/explain.ts';
import { isDelivered, targetOf } from '../../../src/domain/explain/outcome.ts';
import { conditions, inputs } from './corpus.ts';

/** A new corpus each time would now and then miss a kind of change: the test that counts what it met always draws the same. */
const CORPUS = { numRuns: 250, seed: 20_260_506 };

test('applying the named change in a re-run flips the outcome, every time; "no single change" means that none of the candidates does', () => {
  const named = new Map<string, number>();
  let nothing = 0;
  let waits = 0;
  fc.assert(
    fc.property(inputs, (input) => {
      for (const playbook of explain(input, conditions).playbooks) {
        const compiled = input.rules!.playbooks.all.find((one) => one.playbook.id === playbook.playbookId)!;
        playbook.actions.forEach((action, index) => {
          const delivered = plan(input).candidates.some(
            (one) => one.actionId === action.actionId && one.disposition === 'delivered',
          );
          expect(action.disposition === 'delivered').toBe(delivered);
          if (delivered) return;
          const target = targetOf(input, compiled, index);
          if (action.change === null) {
            nothing += 1;
            const helping = candidateChanges(input, target, action.verdicts, conditions).filter((change) => {
              const changed = applyChange(input, change, conditions);
              return changed !== null && isDelivered(changed, target);
            });
            expect(helping).toEqual([]);
            return;
          }
          // As somebody would who has only what was shown: through JSON, and judged by the plan alone.
          const change = JSON.parse(JSON.stringify(action.change)) as Change;
          const after = plan(applyChange(input, change, conditions)!);
          const candidate = after.candidates.find((one) => one.actionId === action.actionId);
          expect(candidate?.disposition).toBe('delivered');
          named.set(change.kind, (named.get(change.kind) ?? 0) + 1);
          if (change.kind !== 'time' || change.atMs <= input.decidedAtMs) return;
          // A wait is the shortest: one millisecond before the named moment it is still held back.
          waits += 1;
          const sooner = applyChange(input, { ...change, atMs: change.atMs - 1 }, conditions)!;
          expect(isDelivered(sooner, target)).toBe(false);
        });
      }
    }),
    CORPUS,
  );
  // The corpus must reach every kind of change, else the property holds of nothing.
  expect([...named.keys()].sort()).toEqual([...KIND_ORDER].sort());
  expect(nothing).toBeGreaterThan(100);
  expect(waits).toBeGreaterThan(20);
});

test('no smaller change of the stated order flips it', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      for (const playbook of explain(input, conditions).playbooks) {
        const compiled = input.rules!.playbooks.all.find((one) => one.playbook.id === playbook.playbookId)!;
        playbook.actions.forEach((action, index) => {
          if (action.change === null) return;
          const target = targetOf(input, compiled, index);
          const changes = candidateChanges(input, target, action.verdicts, conditions);
          const texts = changes.map((change) => JSON.stringify(change));
          const at = texts.indexOf(JSON.stringify(action.change));
          expect(at).toBeGreaterThanOrEqual(0);
          const ranks = changes.map((change) => KIND_ORDER.indexOf(change.kind));
          expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
          const helping = changes.slice(0, at).filter((smaller) => {
            const changed = applyChange(input, smaller, conditions);
            return changed !== null && isDelivered(changed, target);
          });
          expect(helping).toEqual([]);
        });
      }
    }),
    { numRuns: 40 },
  );
});
