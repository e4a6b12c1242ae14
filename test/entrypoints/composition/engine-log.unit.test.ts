import { expect, test } from '@jest/globals';
import { OUTCOME_TOPICS } from '../../../src/entrypoints/composition/engine-log.ts';
import { SIGNAL_TOPICS } from '../../../src/entrypoints/composition/signal-topics.ts';
import { TOPICS } from '../../../src/generated/topics.ts';

/** Inputs that are not signals: outcomes of deliveries have a stage of their own, requests for erasure get one. */
const OTHER_INPUTS = [...OUTCOME_TOPICS, 'governance.actor_deletions'] as readonly string[];

test('intake reads every signal topic of topics.yaml, not only one of them (D-75)', () => {
  const inputs = Object.values(TOPICS).filter(({ direction }) => direction === 'in');
  const signals = inputs.map(({ name }) => name as string).filter((name) => !OTHER_INPUTS.includes(name));
  expect(signals).toHaveLength(6);
  expect([...SIGNAL_TOPICS].sort()).toEqual(signals.sort());
});
