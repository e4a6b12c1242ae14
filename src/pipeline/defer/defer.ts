import { setTimeout as delay } from 'node:timers/promises';
import { reentrySignal } from '../../domain/decision/reentry.ts';
import { actorKeyText, type IdPort } from '../../domain/ids.ts';
import type { Pause } from '../failure-policy.ts';
import type { Clock } from '../ports/clock.ts';
import type { RecordCodec } from '../ports/codec.ts';
import type { DeferralQueue, DueDeferral } from '../ports/deferrals.ts';
import type { RecordWriter } from '../ports/intake.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { OutputRecord } from '../ports/records.ts';

export interface DeferDependencies {
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
export const releaseDue = async (deps: DeferDependencies): Promise<number> => {
  let released = 0;
  let claimed: readonly DueDeferral[];
  do {
    claimed = await deps.deferrals.claim(deps.clock.now(), CLAIM_ROWS);
    if (claimed.length === 0) break;
    await deps.writer.append(claimed.map((deferral) => recordOf(deps, deferral)));
    deps.metrics.records('defer', 'released', 'due', claimed.length);
    released += claimed.length;
  } while (claimed.length === CLAIM_ROWS);
  return released;
};

/** Keyed by actor as any signal, so that it takes its place among them. */
const recordOf = ({ codec, ids }: DeferDependencies, deferral: DueDeferral): OutputRecord => {
  const signal = reentrySignal(ids, deferral);
  const headers: Record<string, string> = {
    'mmm-tenant-id': signal.tenant_id,
    'mmm-signal-id': signal.signal_id,
    'mmm-schema': codec.schemaHeader('mmm.signals'),
  };
  if (signal.trace_parent !== null) headers['traceparent'] = signal.trace_parent;
  return {
    topic: 'mmm.signals',
    key: actorKeyText({ tenantId: deferral.tenantId, actorId: deferral.actorId }),
    value: codec.encode('mmm.signals', signal),
    headers,
  };
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
