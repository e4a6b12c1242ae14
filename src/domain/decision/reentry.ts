import type { MmmSignalInput } from '../../generated/records.ts';
import { type IdPort, reentrySignalIdOf } from '../ids.ts';
import { DEFERRAL_DUE } from './release.ts';

/**
 * The signal that brings a deferred candidate back (design 3.6, interface 3). A function of the deferral alone, so that one handed out twice is one
 * signal: it happened when it was due, by its own word. Place and trace are those of the signal it goes on from; what is decided is in the state.
 */
export const reentrySignal = (
  ids: IdPort,
  deferral: {
    readonly tenantId: string;
    readonly actorId: string;
    readonly decisionId: string;
    readonly actionId: string;
    readonly attempt: number;
    readonly dueAtMs: number;
    readonly signal: MmmSignalInput;
  },
): MmmSignalInput => {
  const { decisionId, actionId, attempt } = deferral;
  const due = new Date(deferral.dueAtMs).toISOString();
  return {
    ...deferral.signal,
    signal_id: reentrySignalIdOf(ids, DEFERRAL_DUE, decisionId, actionId, attempt),
    source_signal_id: null,
    tenant_id: deferral.tenantId,
    actor_id: deferral.actorId,
    source: 'mmm',
    event_type: DEFERRAL_DUE,
    occurred_at: due,
    received_at: due,
    payload: { decision_id: decisionId, action_id: actionId, attempt },
    origin: { topic: 'mmm.deferrals', partition: -1, offset: '-1' },
  };
};
