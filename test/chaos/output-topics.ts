import type { TopicName } from '../../src/generated/topics.ts';

/** Where outbox rows of decisions go, and those of the definitions that the run begins with. */
export const OUTPUT_TOPICS: readonly TopicName[] = [
  'mmm.decisions',
  'mmm.delivery.ide',
  'mmm.delivery.ci',
  'mmm.delivery.alert',
  'mmm.receipts',
  'mmm.admin_config',
];
