import type {
  MmmAction,
  MmmActionContent,
  MmmCandidate,
  MmmDecision,
  MmmDelivery,
  MmmRationale,
  MmmSignalInput,
} from '../../generated/records.ts';
import type { CardPlace } from '../card.ts';
import { cardIdOf, cardPlaceText, deliveryIdOf, eventIdOf, type IdPort } from '../ids.ts';
import type { TenantRules } from '../rules.ts';
import { subjectKeyOf, subjectOf } from '../subject.ts';
import type { Surface } from '../vocabulary.ts';
import { digestDeliveries, foldDeliveries } from './assemble-cards.ts';
import type { Plan, PlannedAction, PlannedCandidate, SurfacePayload } from './planned.ts';

export type DeliveryTopic = `mmm.delivery.${Surface}`;

export interface AssembleInput {
  readonly signal: MmmSignalInput;
  /** `result` is `decided`. */
  readonly plan: Plan;
  readonly rules: TenantRules;
  readonly ids: IdPort;
  readonly decisionId: string;
  readonly receiptId: string;
  readonly decidedAtMs: number;
  /** Past the budget of a synchronous decision (design 3.3). */
  readonly latencyWarning?: boolean;
}

export interface AssembledDecision {
  readonly decision: MmmDecision;
  /** One per action and surface, in the decision's order. */
  readonly deliveries: readonly { readonly topic: DeliveryTopic; readonly delivery: MmmDelivery }[];
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** The records of one decision (interface 4). Pure: the same input gives the same ids and bytes. The signal has an actor. */
export const assemble = (input: AssembleInput): AssembledDecision => ({
  decision: decisionOf(input),
  deliveries: [
    ...input.plan.actions.flatMap((action) => action.places.map((place) => deliveryOf(input, action, place))),
    ...digestDeliveries(input, (action, place) => deliveryOf(input, action, place)),
    ...foldDeliveries(input),
  ].map((delivery) => ({ topic: `mmm.delivery.${delivery.surface}` as const, delivery })),
});

const actorOf = (signal: MmmSignalInput): string => {
  if (signal.actor_id === null) throw new TypeError('a decision is always about one actor');
  return signal.actor_id;
};

const decisionOf = (input: AssembleInput): MmmDecision => {
  const { signal, plan, rules, ids, decisionId } = input;
  const decidedAt = iso(input.decidedAtMs);
  return {
    event_id: eventIdOf(ids, 'mmm.decisions', decisionId),
    event_type: 'mmm.decision',
    timestamp_utc: decidedAt,
    decision_id: decisionId,
    signal_id: signal.signal_id,
    tenant_id: signal.tenant_id,
    actor_id: actorOf(signal),
    actor_type: signal.actor_type,
    decided_at: decidedAt,
    context: {
      actor_id: actorOf(signal),
      actor_type: signal.actor_type,
      actor_roles: plan.roles,
      repo_id: signal.repo_id,
      branch: signal.branch,
      file_path: signal.file_path,
      signal_id: signal.signal_id,
      event_type: signal.event_type,
      severity: signal.severity,
    },
    actions: plan.actions.map((action) => actionRecordOf(action, input.receiptId)),
    candidates: plan.candidates.map(candidateRecordOf),
    policy_snapshot_id: rules.policySnapshotId,
    policy_version_ids: rules.policyVersionIds,
    policy_stale: false,
    degraded_mode: plan.degraded !== undefined,
    degraded_reasons: plan.degraded ?? [],
    latency_warning: input.latencyWarning ?? false,
    receipt_id: input.receiptId,
    // Until ERIS has acknowledged it (C-5): signed and stored it is already.
    receipt_status: 'pending',
  };
};

const candidateRecordOf = (candidate: PlannedCandidate): MmmCandidate => ({
  playbook_id: candidate.playbookId,
  playbook_version: candidate.playbookVersion,
  action_type: candidate.actionType,
  disposition: candidate.disposition,
  reason_code: candidate.reasonCode,
  until: candidate.untilMs === null ? null : iso(candidate.untilMs),
  continues: candidate.continues,
});

const actionRecordOf = (action: PlannedAction, receiptId: string): MmmAction => ({
  action_id: action.actionId,
  type: action.type,
  surfaces: action.surfaces,
  payload: Object.fromEntries(action.surfaces.map((surface) => [surface, contentOf(payloadOf(action, surface))])),
  rationale: rationaleOf(action, receiptId),
  requires_consent: action.requiresConsent,
  dual_channel_required: action.dualChannelRequired,
  payload_hash: action.payloadHash,
});

const payloadOf = (action: PlannedAction, surface: Surface): SurfacePayload => {
  const payload = action.payloads[surface];
  if (payload === undefined) throw new TypeError(`action ${action.actionId} has no text for ${surface}`);
  return payload;
};

const contentOf = ({ title, body, variant, cta }: SurfacePayload): MmmActionContent => ({ title, body, variant, cta });

/** The receipt is always among the evidence: each nudge has a way to open it (contracts 5, trust). */
const rationaleOf = ({ rationale }: PlannedAction, receiptId: string): MmmRationale => ({
  summary: rationale.summary,
  why_relevant: rationale.whyRelevant,
  evidence_links: [
    ...rationale.evidenceLinks,
    { type: 'receipt', href: `/v1/mmm/receipts/${receiptId}`, label: 'signed receipt of this decision' },
  ],
  baseline_comparison: rationale.baselineComparison,
});

const deliveryOf = (input: AssembleInput, action: PlannedAction, place: CardPlace): MmmDelivery => {
  const { ids } = input;
  const { surface } = place;
  const signal = action.about;
  const subject = subjectOf(signal);
  const actor = { tenantId: signal.tenant_id, actorId: actorOf(signal) };
  const { title, body, variant, cta } = payloadOf(action, surface);
  return {
    delivery_id: deliveryIdOf(ids, action.actionId, surface),
    card_id: cardIdOf(ids, actor, action.playbookId, subjectKeyOf(subject), cardPlaceText(place, action.type)),
    revision: place.revision,
    state: 'live',
    // The first revision only: what follows changes a card that is there, without a sound.
    notify: place.revision === 1,
    decision_id: input.decisionId,
    action_id: action.actionId,
    receipt_id: input.receiptId,
    tenant_id: signal.tenant_id,
    actor_id: actor.actorId,
    actor_type: signal.actor_type,
    action_type: action.type,
    playbook_id: action.playbookId,
    playbook_version: action.playbookVersion,
    severity: signal.severity,
    surface,
    variant,
    subject,
    environment: signal.environment,
    plane: signal.plane,
    title,
    body,
    items: [],
    cta,
    rationale: rationaleOf(action, input.receiptId),
    requires_consent: action.requiresConsent,
    dual_channel_required: action.dualChannelRequired,
    payload_hash: action.payloadHash,
    opt_out_hint: action.optOutHint,
    reason: action.reason,
    not_before: null,
    expires_at: iso(action.expiresAtMs),
    timestamp_utc: iso(input.decidedAtMs),
  };
};
