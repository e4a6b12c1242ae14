import type { TopicName } from '../../src/generated/topics.ts';

/** Where outbox rows of decisions go. */
export const OUTPUT_TOPICS: readonly TopicName[] = [
  'mmm.decisions',
  'mmm.delivery.ide',
  'mmm.delivery.ci',
  'mmm.delivery.alert',
  'mmm.receipts',
];
