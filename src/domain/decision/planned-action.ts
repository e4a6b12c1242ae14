import { baselineOf } from '../action/reason.ts';
import { surfacePayload } from '../action/surface-payload.ts';
import type { IdPort } from '../ids.ts';
import { canonicalJson } from '../receipt/canonical-json.ts';
import type { Surface } from '../vocabulary.ts';
import type { CandidateFacts } from './candidate-facts.ts';
import type { PlannedAction, SurfacePayload } from './planned.ts';
import { evidenceLinksOf } from './evidence-links.ts';

export const OPT_OUT_HINT =
  'You can snooze these, choose where they appear or turn this kind off in your MMM preferences.';

/**
 * The action as it will be sent. Only for a candidate that passed every gate: its text is there, and safe. `digests`: surfaces on which it is an item
 * of a digest. Its card's places are for whoever keeps the cards to fill in.
 */
export const plannedActionOf = (
  candidate: CandidateFacts,
  decisionId: string,
  ids: IdPort,
  digests: readonly Surface[] = [],
): PlannedAction => {
  const { compiled, playbook, decision, surfaces } = candidate;
  const core = candidate.core();
  if (!core.ok) throw new TypeError(`no text for ${playbook.id}: ${core.code}`);
  const { action } = compiled;
  const { content } = core;
  // Always for a Multiplier, whatever the playbook says (R-34, D-35).
  const requiresConsent = action.type === 'multiplier';
  const dualChannelRequired = requiresConsent && action.dualChannel;
  const usesRecent = action.rationale?.evidence.includes('recent') ?? action.type === 'mentor';
  const payloads: Partial<Record<(typeof surfaces.surfaces)[number], SurfacePayload>> = {};
  for (const surface of surfaces.surfaces) {
    const payload = surfacePayload(content, surface);
    payloads[surface] = digests.includes(surface) ? { ...payload, variant: 'digest' } : payload;
  }
  const hashed = canonicalJson({
    action_ref: action.actionRef,
    dual_channel_required: dualChannelRequired,
    payloads,
    requires_consent: requiresConsent,
    type: action.type,
  });
  return {
    actionId: candidate.actionId,
    playbookId: playbook.id,
    playbookVersion: playbook.version,
    type: action.type,
    surfaces: surfaces.surfaces,
    payloads,
    rationale: {
      summary: content.title,
      whyRelevant: content.whyRelevant,
      evidenceLinks: evidenceLinksOf(candidate, decisionId),
      baselineComparison: usesRecent ? baselineOf(decision.environment) : null,
    },
    requiresConsent,
    dualChannelRequired,
    actionRef: requiresConsent ? action.actionRef : null,
    payloadHash: `sha256:${ids.sha256(hashed)}`,
    reason: content.reason,
    optOutHint: OPT_OUT_HINT,
    // As long as the playbook would hold it back, it may stand: what is said of a moment grows old.
    expiresAtMs: decision.decidedAtMs + playbook.deferral.expiresAfterMs,
    about: decision.signal,
    places: [],
  };
};
