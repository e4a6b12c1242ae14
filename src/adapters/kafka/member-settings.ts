/** Settings of every group member of ours. */
export const MEMBER = {
  /** What a killed member's partitions wait for a new owner: measured 10 s, all of it this. */
  sessionTimeout: 10_000,
  heartbeatInterval: 1_000,
  rebalanceTimeout: 20_000,
  /** With one byte as the minimum this delays no record; it bounds how late a seek, a resume and a stop are noticed. */
  maxWaitTimeInMs: 100,
  minBytes: 1,
  readUncommitted: false,
  allowAutoTopicCreation: false,
};
