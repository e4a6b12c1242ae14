import type { CandidateFacts } from './candidate-facts.ts';
import type { Disposed } from './disposition.ts';

export const MODEL_UNAVAILABLE = 'model_unavailable';

/** A decision says when it was less than it could be because something is away (C-16, R-119), in its body and its receipt. */
export const degradedBy = (
  candidates: readonly { readonly facts: CandidateFacts; readonly ended: Disposed }[],
): { readonly degraded?: readonly string[] } => (candidates.some(missesModel) ? { degraded: [MODEL_UNAVAILABLE] } : {});

/**
 * A text of the model was asked for, and what is said is the playbook's own, or nothing because there is none. Every such action until the model lane
 * answers: one that is off is as one that is down.
 */
const missesModel = ({
  facts: { compiled },
  ended: { disposition, reasonCode },
}: {
  readonly facts: CandidateFacts;
  readonly ended: Disposed;
}): boolean =>
  compiled.action.model !== null &&
  (disposition === 'delivered' || disposition === 'digested' || reasonCode === 'text_missing');
