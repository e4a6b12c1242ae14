import { MINUTE_MS } from '../../time/zones.ts';
import { flipWhen, type Gate, pass, veto } from './gate.ts';

/** UBI holds a baseline below 0.5 to be still warming up and raises nothing then (contracts 2.3): we hold all sources to the same. */
const MIN_CONFIDENCE = 0.5;
/** What intake lets through (interface 2b): a producer's clock may be ahead by this much. */
const MAX_AHEAD_MS = 10 * MINUTE_MS;

/**
 * Is the signal good enough to act on? The PRD names no threshold; ours: the event time can be read and is not ahead, and a `confidence`
 * in the payload, where there is one, is a number from 0.5 to 1. A word or a number outside 0..1 is not understood and permits nothing (G6).
 */
export const signalQuality: Gate = ({ decision }) => {
  const { signal, decidedAtMs, occurredMs } = decision;
  if (Number.isNaN(occurredMs)) return veto('signal_quality', 'time_unreadable', { occurred_at: signal.occurred_at });
  if (occurredMs > decidedAtMs + MAX_AHEAD_MS) {
    return veto('signal_quality', 'time_in_future', { ahead_ms: occurredMs - decidedAtMs });
  }
  const confidence = signal.payload['confidence'];
  if (confidence === undefined) return pass('signal_quality');
  if (typeof confidence !== 'number' || !(confidence >= 0 && confidence <= 1)) {
    return veto('signal_quality', 'confidence_unreadable', { confidence });
  }
  return confidence >= MIN_CONFIDENCE
    ? pass('signal_quality')
    : veto(
        'signal_quality',
        'confidence_low',
        { confidence, minimum: MIN_CONFIDENCE },
        flipWhen(`confidence of ${MIN_CONFIDENCE} or more`),
      );
};
