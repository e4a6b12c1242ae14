import type { Random } from './random.ts';

/**
 * What may go wrong in one run, and how often. Each kind is left out of half of the runs: faults that are always all there hide what only a few
 * of them together show (swarm testing).
 */
export interface Faults {
  /** Chance for each call of a port, before it is sent and again when its answer comes. */
  readonly crash: number;
  readonly stall: number;
  readonly loseRequest: number;
  readonly loseReply: number;
  /** The caller is told that the connection broke, and the request arrives all the same, up to 15 s later. */
  readonly lateRequest: number;
  /** Something slow now and then: a request overtakes those sent before it. */
  readonly slow: number;
  /** A request waits for a free connection, up to 3 s, and is sent on whichever there is then. */
  readonly queued: number;
  /** Per second: a member is taken for dead and goes on running. */
  readonly expel: number;
  /** Per second: a worker leaves in order and comes back. */
  readonly leave: number;
  /** Per second, each for some seconds. */
  readonly serverAway: number;
  /** Per second. */
  readonly cacheWiped: number;
  readonly cacheRestored: number;
  /** Of this run, at most once each. */
  readonly databaseGoesBack: boolean;
  readonly cursorDeleted: boolean;
  /** How far the clock of a process may be ahead or behind, ms. Each process has its own. */
  readonly clockSkewMs: number;
  /** All machines at once, as of a cluster in a paused host: what was put off is due when they go on. */
  readonly sleep: boolean;
}

export const NO_FAULTS: Faults = {
  crash: 0,
  stall: 0,
  loseRequest: 0,
  loseReply: 0,
  lateRequest: 0,
  slow: 0,
  queued: 0,
  expel: 0,
  leave: 0,
  serverAway: 0,
  cacheWiped: 0,
  cacheRestored: 0,
  databaseGoesBack: false,
  cursorDeleted: false,
  clockSkewMs: 0,
  sleep: false,
};

/** Between a tenth of `most` and `most`, evenly over the magnitudes. */
const sometimes = (random: Random, most: number): number => (random.chance(0.5) ? most * 10 ** -random.next() : 0);

export const faultsOf = (random: Random): Faults => ({
  crash: sometimes(random, 0.012),
  stall: sometimes(random, 0.01),
  loseRequest: sometimes(random, 0.02),
  loseReply: sometimes(random, 0.05),
  lateRequest: sometimes(random, 0.02),
  slow: sometimes(random, 0.2),
  queued: sometimes(random, 0.15),
  expel: sometimes(random, 0.2),
  leave: sometimes(random, 0.1),
  serverAway: sometimes(random, 0.05),
  cacheWiped: sometimes(random, 0.3),
  cacheRestored: sometimes(random, 0.5),
  databaseGoesBack: random.chance(0.12),
  cursorDeleted: random.chance(0.15),
  sleep: random.chance(0.3),
  clockSkewMs: sometimes(random, 60_000),
});
