import { actorKeyText } from '../../domain/ids.ts';
import { partitionOf } from '../../domain/partitioner.ts';
import type { SignalResult } from '../../domain/vocabulary.ts';
import { MmmError } from '../../errors.ts';
import type { MmmDecision, MmmSignalInput } from '../../generated/records.ts';
import { describeError } from '../dead-letter.ts';
import { type Pause, pause as realPause } from '../failure-policy.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { StateCache } from '../ports/state-cache.ts';
import type { SerialPerKey } from '../serial-per-key.ts';
import { ActorMemory } from './actor-memory.ts';
import { type BatchPlace, type BatchResult, decideBatch, type DecideBatchDeps } from './decide-batch.ts';
import { countBatch } from './decide-metrics.ts';

export interface DecideNowDeps extends DecideBatchDeps {
  readonly cache: StateCache;
  readonly metrics: Metrics;
  /** Partitions of `mmm.signals`: the shard of an actor is the partition of its key. */
  readonly partitions: number;
  /**
   * Whose turn it is among the decisions for one actor. Twenty at once would lose so many races for the actor's version that some end in doubt; in
   * a line, each of a process meets the session at most. Default: all at once.
   */
  readonly inTurn?: SerialPerKey;
  /** Default: a timer. */
  readonly pause?: Pause;
}

export interface DecideNowAnswer {
  /** `duplicate_no_candidate`: the signal was decided earlier and matched nothing then. `over_budget`: nothing was stored. */
  readonly result: SignalResult | 'duplicate_no_candidate' | 'over_budget';
  readonly decision: MmmDecision | null;
  readonly latencyWarning: boolean;
}

/** what a person in front of the surface waits for. */
export const BUDGET_MS = { ide: 150, ci: 500 } as const;

/** A commit under way is waited for this long; then 503, and the same Idempotency-Key gives the result (design 3.3). */
const COMMIT_WAIT_MS = 2_000;

class OverBudget extends Error {}

const atOnce: SerialPerKey = (_key, work) => work();

/**
 * A synchronous decision (design 3.3): the same steps as the stream, for one signal, without an epoch. The same signal id gives the same decision.
 * The budget is checked before the commit: no nudge beats a late one. Throws DEPENDENCY_UNAVAILABLE, OVERLOADED.
 */
export const decideNow = async (
  deps: DecideNowDeps,
  signal: MmmSignalInput,
  budgetMs: number,
): Promise<DecideNowAnswer> => {
  const started = deps.clock.monotonicMs();
  const spent = (): number => deps.clock.monotonicMs() - started;
  const key = actorKeyText({ tenantId: signal.tenant_id, actorId: signal.actor_id ?? '' });
  const { pause = realPause, inTurn = atOnce } = deps;
  const keepBudget = (): void => {
    if (spent() > budgetMs) throw new OverBudget();
  };
  const place = { shard: partitionOf(key, deps.partitions), epoch: null, beforeCommit: keepBudget };
  try {
    const result = await within(
      pause,
      COMMIT_WAIT_MS + budgetMs,
      inTurn(key, () => {
        keepBudget();
        return decideAndCount(deps, place, signal);
      }),
    );
    return { ...(await answerOf(deps, signal, result)), latencyWarning: spent() > budgetMs };
  } catch (error) {
    if (error instanceof OverBudget) return { result: 'over_budget', decision: null, latencyWarning: true };
    throw error;
  }
};

/** G1 and G5 for the synchronous path, counted with the commit, also when nobody waits for its answer any more. */
const decideAndCount = async (deps: DecideNowDeps, place: BatchPlace, signal: MmmSignalInput): Promise<BatchResult> => {
  const result = await decideBatch(deps, new ActorMemory(deps.journal, deps.cache), place, [signal]);
  deps.metrics.records('intake', 'received', '');
  deps.metrics.records('normalise', 'normalised', signal.actor_id === null ? 'context_only' : 'actor');
  countBatch(deps.metrics, result);
  for (const { error } of result.failed) deps.metrics.records('decide', 'rejected', describeError(error).code);
  return result;
};

const answerOf = async (
  deps: DecideNowDeps,
  signal: MmmSignalInput,
  result: BatchResult,
): Promise<Pick<DecideNowAnswer, 'result' | 'decision'>> => {
  const failed = result.failed[0];
  if (failed !== undefined) throw failed.error;
  const decided = result.decided[0];
  if (decided !== undefined) {
    const body = decided.decision?.body;
    return { result: decided.plan.result, decision: body === undefined ? null : (JSON.parse(body) as MmmDecision) };
  }
  const stored = await deps.journal.decisionOfSignal(signal.tenant_id, signal.signal_id);
  if (stored === null) return { result: 'duplicate_no_candidate', decision: null };
  return { result: 'decided', decision: JSON.parse(stored.body) as MmmDecision };
};

const within = async <T>(pause: Pause, ms: number, work: Promise<T>): Promise<T> => {
  const answered = new AbortController();
  const late = pause(ms, answered.signal).then((): never => {
    throw new MmmError('DEPENDENCY_UNAVAILABLE', 'the journal did not answer in time; ask again with the same key');
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    answered.abort();
  }
};
