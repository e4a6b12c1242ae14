import { EVENT_TYPES } from '../../generated/event-types.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { BatchResult } from './decide-batch.ts';

/** A tenant may invent event types without end; a label may not (interface 9). */
const typeLabel = (signal: MmmSignalInput): string => (signal.event_type in EVENT_TYPES ? signal.event_type : 'other');

/** G1 and G5 as counters, after the commit: what was decided, with what result, and how each candidate ended. */
export const countBatch = (metrics: Metrics, { decided, duplicates, failed }: BatchResult): void => {
  if (duplicates.length > 0) metrics.records('decide', 'duplicate', 'signal_id', duplicates.length);
  if (failed.length > 0) metrics.records('decide', 'rejected', 'undecidable', failed.length);
  for (const { signal, plan } of decided) {
    const tenant_id = signal.tenant_id;
    metrics.count('mmm_signals_received_total', { tenant_id, source: signal.source, event_type: typeLabel(signal) });
    if (plan.result !== 'decided') {
      metrics.records('decide', 'no_candidate', plan.result);
      continue;
    }
    metrics.records('decide', 'decided', 'decided');
    metrics.count('mmm_decisions_total', { tenant_id, actor_type: signal.actor_type });
    for (const candidate of plan.candidates) metrics.candidate(candidate.disposition, candidate.reasonCode);
    for (const action of plan.actions) metrics.count('mmm_actions_total', { tenant_id, action_type: action.type });
  }
};

/** After the publication: a delivery counts when readers can see it, not when it was planned (D-93). */
export const countDeliveries = (metrics: Metrics, { decided }: BatchResult, nowMs: number): void => {
  for (const { signal, plan } of decided) {
    for (const action of plan.actions) {
      for (const surface of action.surfaces) {
        metrics.count('mmm_actions_delivered_total', { tenant_id: signal.tenant_id, surface, result: 'published' });
      }
    }
    if (plan.actions.length === 0) continue;
    metrics.observe('mmm_signal_to_delivery_seconds', Math.max(0, nowMs - Date.parse(signal.received_at)) / 1000);
  }
};
