import type { SignalResult } from '../../domain/vocabulary.ts';
import { EVENT_TYPES } from '../../generated/event-types.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { OutputRecord } from '../ports/records.ts';
import type { BatchResult } from './decide-batch.ts';

/** A tenant may invent event types without end; a label may not (interface 9). */
const typeLabel = (signal: MmmSignalInput): string => (signal.event_type in EVENT_TYPES ? signal.event_type : 'other');

/** A tenant names its inhibitions as it likes (`inhibited:<name>`); a label is one of ours (interface 9). */
const reasonLabel = (reasonCode: string): string => reasonCode.split(':', 1)[0]!;

/** Equal counts of one batch told as one: the registry looks its labels up anew each time, and a batch has few that differ. */
class Tally {
  readonly #counts = new Map<string, { name: string; labels: Record<string, string>; by: number }>();

  add(name: string, labels: Record<string, string>): void {
    const key = `${name} ${Object.values(labels).join('\n')}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { name, labels, by: 1 });
    else known.by += 1;
  }

  tell(metrics: Metrics): void {
    for (const { name, labels, by } of this.#counts.values()) metrics.count(name, labels, by);
  }
}

/**
 * G1 and G5 as counters, after the commit: what was decided, with what result, and how each candidate ended. What failed is counted
 * with its dead letter.
 */
export const countBatch = (metrics: Metrics, { decided, duplicates }: BatchResult): void => {
  if (duplicates.length > 0) metrics.records('decide', 'duplicate', 'signal_id', duplicates.length);
  const tally = new Tally();
  const results = new Map<SignalResult, number>();
  for (const { signal, plan } of decided) {
    const tenant_id = signal.tenant_id;
    results.set(plan.result, (results.get(plan.result) ?? 0) + 1);
    tally.add('mmm_signals_received_total', { tenant_id, source: signal.source, event_type: typeLabel(signal) });
    if (plan.result !== 'decided') continue;
    tally.add('mmm_decisions_total', { tenant_id, actor_type: signal.actor_type });
    for (const { disposition, reasonCode } of plan.candidates)
      tally.add('mmm_candidates_total', { disposition, reason: reasonLabel(reasonCode) });
    for (const action of plan.actions) tally.add('mmm_actions_total', { tenant_id, action_type: action.type });
  }
  tally.tell(metrics);
  for (const [result, count] of results)
    metrics.records('decide', result === 'decided' ? 'decided' : 'no_candidate', result, count);
};

/** When the signals that lead to something shown were received. */
export const receivedOfShown = ({ decided }: BatchResult): readonly number[] =>
  decided.flatMap(({ signal, plan }) => (plan.actions.length === 0 ? [] : [Date.parse(signal.received_at)]));

/** After the publication: how long what is shown to somebody took. */
export const timeDeliveries = (metrics: Metrics, receivedMs: readonly number[], nowMs: number): void => {
  for (const ms of receivedMs) metrics.observe('mmm_signal_to_delivery_seconds', Math.max(0, nowMs - ms) / 1000);
};

const DELIVERY = 'mmm.delivery.';

/**
 * A delivery counts when readers can see it, not when it was planned (D-93): by the rows that went out, so that those of synchronous decisions and
 * of a session that ended before it could publish are in.
 */
export const countPublished = (metrics: Metrics, records: readonly OutputRecord[]): void => {
  const tally = new Tally();
  for (const { topic, headers } of records) {
    if (!topic.startsWith(DELIVERY)) continue;
    const tenant_id = String(headers['mmm-tenant-id']);
    const surface = topic.slice(DELIVERY.length);
    tally.add('mmm_actions_delivered_total', { tenant_id, surface, result: 'published' });
  }
  tally.tell(metrics);
};
