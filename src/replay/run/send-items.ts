import { MmmError } from '../../errors.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { SessionOutput } from '../../pipeline/ports/partitions.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import type { Nudge, ReplayItem } from '../items/replay-item.ts';
import { type RunProgress, type Settled, withBatch } from './progress.ts';

/** One transaction's worth at most; below it a second's worth, so that the rate is even. */
const BATCH_MAX_ITEMS = 100;

export interface SendDeps {
  /** Fenced. Its cursor counts items of this plan. */
  readonly output: SessionOutput;
  /** False: another run has taken over. */
  readonly note: (progress: RunProgress) => Promise<boolean>;
  /** One answer for each nudge: why it must not go out now, null if it may. */
  readonly vetoes: (nudges: readonly Nudge[]) => Promise<readonly (string | null)[]>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Ends early, or rejects, when the signal fires. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface SendRequest {
  readonly planId: string;
  readonly items: readonly ReplayItem[];
  readonly from: Settled;
  readonly ratePerSecond: number;
  readonly signal: AbortSignal;
  readonly onProgress: (settled: Settled) => void;
}

/** The record as it was, and what makes it known as a repeat (interface 2). */
export const marked = ({ record, of }: ReplayItem, planId: string): OutputRecord => ({
  ...record,
  headers: { ...record.headers, 'mmm-replay-id': planId, 'mmm-replay-of': of },
});

export const takenOver = (planId: string): MmmError =>
  new MmmError('CONFLICT', `another run of plan ${planId} has taken over; nothing is sent twice`);

/**
 * Sends the items from a place on, at the rate that was agreed. Batch and cursor go out in one transaction of the log, and what the batch would add is
 * noted before: so every item is sent at most once, whenever the process dies, and the counts stay exact. Throws CONFLICT, INTERRUPTED, FENCED, IN_DOUBT.
 */
export const sendItems = async (deps: SendDeps, request: SendRequest): Promise<Settled> => {
  const { planId, items, ratePerSecond, signal } = request;
  const startedMs = deps.clock.monotonicMs();
  const size = Math.min(BATCH_MAX_ITEMS, Math.max(1, Math.floor(ratePerSecond)));
  let settled = request.from;
  let sentHere = 0;
  while (settled.upto < items.length) {
    const dueMs = startedMs + (sentHere * 1_000) / ratePerSecond;
    const waitMs = dueMs - deps.clock.monotonicMs();
    if (waitMs > 0 && !signal.aborted) await deps.pause(waitMs, signal).catch(() => undefined);
    if (signal.aborted) {
      throw new MmmError('INTERRUPTED', `interrupted: ${settled.upto} of ${items.length} records are dealt with`);
    }
    const batch = items.slice(settled.upto, settled.upto + size);
    const reasons = await vetoesOf(deps, batch);
    const records = batch.filter((_, at) => reasons[at] === null).map((item) => marked(item, planId));
    const dropped = reasons.filter((reason) => reason !== null);
    const next = withBatch(settled, { items: batch.length, sent: records.length, dropped });
    if (!(await deps.note({ settled, pending: next }))) throw takenOver(planId);
    await deps.output.publish({ records, inputNext: null, cursor: BigInt(next.upto) });
    settled = next;
    sentHere += records.length;
    request.onProgress(settled);
  }
  if (!(await deps.note({ settled, pending: null }))) throw takenOver(planId);
  return settled;
};

const vetoesOf = async (deps: SendDeps, batch: readonly ReplayItem[]): Promise<readonly (string | null)[]> => {
  const nudges = batch.flatMap(({ nudge }) => nudge ?? []);
  const answers = nudges.length === 0 ? [] : await deps.vetoes(nudges);
  if (answers.length !== nudges.length) throw new MmmError('INTERNAL_ERROR', 'a card was not judged before sending');
  let at = 0;
  return batch.map(({ nudge }) => (nudge === null ? null : answers[at++]!));
};
