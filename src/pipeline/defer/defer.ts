import { setTimeout as delay } from 'node:timers/promises';
import { reentrySignal } from '../../domain/decision/reentry.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { Pause } from '../failure-policy.ts';
import type { Clock } from '../ports/clock.ts';
import type { RecordCodec } from '../ports/codec.ts';
import type { DeferralQueue, DueDeferral } from '../ports/deferrals.ts';
import type { RecordWriter } from '../ports/intake.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import { reentryRecord } from './reentry-record.ts';
import { tellHolders, type TellHoldersDependencies } from './tell-holders.ts';

export interface ReleaseDependencies {
  readonly deferrals: DeferralQueue;
  readonly writer: RecordWriter;
  readonly codec: RecordCodec;
  readonly ids: IdPort;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default: a timer that holds no process up. */
  readonly pause?: Pause;
}

export type DeferDependencies = ReleaseDependencies & TellHoldersDependencies;

/** A second is nothing to what has waited for hours, and one look at an index that is nearly always empty. */
const LOOK_EVERY_MS = 1_000;
const idle: Pause = async (ms, signal) => {
  await delay(ms, undefined, { signal, ref: false });
};

/** A record is some 2 KB. */
const CLAIM_ROWS = 500;

/**
 * Hands out what is due once: each deferral becomes its re-entry signal in `mmm.signals`, where it is decided again against now (design 3.6). At least
 * once and harmless: its id is a function of the deferral, so the journal knows it. Claimed first and written then: who dies in between has only made
 * it later. Answers how many.
 */
export const releaseDue = async (deps: ReleaseDependencies): Promise<number> => {
  let released = 0;
  let claimed: readonly DueDeferral[];
  do {
    claimed = await deps.deferrals.claim(deps.clock.now(), CLAIM_ROWS);
    if (claimed.length === 0) break;
    await deps.writer.append(claimed.map((deferral) => reentryRecord(deps.codec, reentrySignal(deps.ids, deferral))));
    deps.metrics.records('defer', 'released', 'due', claimed.length);
    released += claimed.length;
  } while (claimed.length === CLAIM_ROWS);
  return released;
};

export interface DeferStage {
  start(): Promise<void>;
  /** Resolves when nothing is claimed that is not written. */
  stop(): Promise<void>;
}

/** DEFER, the scheduler. Any number of nodes run it: each takes what no other has in hand. A failure is told and tried again at the next look. */
export const createDefer = (deps: DeferDependencies): DeferStage => {
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        // First, so that what is over is so before what waits about it is due, in the order of one partition.
        await tellHolders(deps);
        await releaseDue(deps);
      } catch (error) {
        deps.metrics.records('defer', 'failed', 'store');
        deps.logger.warn('deferrals_not_released', { error });
      }
      // Rejects only when stopped.
      await (deps.pause ?? idle)(LOOK_EVERY_MS, stopping.signal).catch(() => undefined);
    }
  };
  return {
    start: () => {
      running = look();
      return Promise.resolve();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
