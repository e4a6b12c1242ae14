import { expect, test } from '@jest/globals';
import { SIGNAL_TOPICS } from '../../../src/entrypoints/composition/engine-log.ts';
import { TOPICS } from '../../../src/generated/topics.ts';

/** Inputs that are not signals: outcomes of deliveries and requests for erasure. */
const OTHER_INPUTS = ['mmm.outcome_reports', 'governance.actor_deletions'];

test('intake reads every signal topic of topics.yaml, not only one of them (D-75)', () => {
  const inputs = Object.values(TOPICS).filter(({ direction }) => direction === 'in');
  const signals = inputs.map(({ name }) => name as string).filter((name) => !OTHER_INPUTS.includes(name));
  expect(signals).toHaveLength(6);
  expect([...SIGNAL_TOPICS].sort()).toEqual(signals.sort());
});
