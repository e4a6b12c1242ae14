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
  /**
   * The client's default of 5 gives a member up after 3 s without a broker and joins as a new one, which then waits out the session of
   * the old one. 40 is more than a minute.
   */
  retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 40 },
};
