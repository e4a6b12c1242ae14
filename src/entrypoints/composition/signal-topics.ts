import type { TopicName } from '../../generated/topics.ts';

/** What intake reads; outcomes have a stage of their own, erasures get one with their issue. */
export const SIGNAL_TOPICS: readonly TopicName[] = [
  'pm3.signals.normalized',
  'ubi.behavioural_signals',
  'detection.alerts',
  'release.events',
  'incident.events',
  'mmm.triggers',
];
