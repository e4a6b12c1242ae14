import type { MmmDelivery, MmmRationale, MmmSignalInput } from '../../generated/records.ts';
import type { CardPlace } from '../card.ts';
import { cardIdOf, cardPlaceText, type IdPort, idFrom } from '../ids.ts';
import { canonicalJson } from '../receipt/canonical-json.ts';
import { subjectKeyOf, subjectOfKey } from '../subject.ts';
import type { Surface } from '../vocabulary.ts';
import { OPT_OUT_HINT } from './planned-action.ts';
import type { Fold, Plan, PlannedAction } from './planned.ts';

/** The decision whose cards are assembled. */
export interface CardsInput {
  readonly signal: MmmSignalInput;
  readonly plan: Plan;
  readonly ids: IdPort;
  readonly decisionId: string;
  readonly receiptId: string;
  readonly decidedAtMs: number;
}

const DIGEST = 'mmm.digest';

const hashOf = (ids: IdPort, value: unknown): string => `sha256:${ids.sha256(canonicalJson(value))}`;

/** Longer ones would make a digest of many items too large for a surface, and each item has its action to look at. */
const ITEM_BODY_CHARS = 600;
const shortened = (body: string): string =>
  body.length <= ITEM_BODY_CHARS
    ? body
    : `${Array.from(body)
        .slice(0, ITEM_BODY_CHARS - 3)
        .join('')
        .trimEnd()}...`;

/**
 * What was released together, as one delivery for each surface with two or more of it. It speaks with the identity of its most important item, because
 * an outcome is reported for an action of the decision; each item names its own action, and that action's page has the offer to agree to, if it is one.
 */
export const digestDeliveries = (
  input: CardsInput,
  deliveryOf: (action: PlannedAction, place: CardPlace) => MmmDelivery,
): MmmDelivery[] =>
  (input.plan.upkeep?.digests ?? []).map((surface) => {
    const items = input.plan.actions.filter((action) => action.payloads[surface]?.variant === 'digest');
    const first = items[0];
    if (first === undefined) throw new TypeError(`a digest without items on ${surface}`);
    return digestOf(input, surface, items, deliveryOf(first, { surface, life: 1, revision: 1, live: true }));
  });

const digestOf = (
  input: CardsInput,
  surface: Surface,
  items: readonly PlannedAction[],
  first: MmmDelivery,
): MmmDelivery => {
  const { ids, decisionId } = input;
  const actor = { tenantId: first.tenant_id, actorId: first.actor_id };
  const texts = items.map((action) => {
    const payload = action.payloads[surface]!;
    return { action_id: action.actionId, title: payload.title, body: shortened(payload.body) };
  });
  const title = `${items.length} notes, kept for a better moment`;
  return {
    ...first,
    card_id: cardIdOf(ids, actor, DIGEST, decisionId, surface),
    variant: 'digest',
    title,
    body: texts.map((item) => `- ${item.title}`).join('\n'),
    items: texts,
    cta: null,
    rationale: {
      ...first.rationale,
      summary: title,
      why_relevant: 'They came up at a quiet or busy time, were looked at again just now, and still hold.',
      baseline_comparison: null,
    },
    requires_consent: items.some((action) => action.requiresConsent),
    dual_channel_required: items.some((action) => action.dualChannelRequired),
    payload_hash: hashOf(ids, { items: items.map((action) => action.payloadHash) }),
    reason: `digest: ${items.length} notes that were put off are due`,
    expires_at: new Date(Math.max(...items.map((action) => action.expiresAtMs))).toISOString(),
  };
};

/** The last revision of each card that is taken away. It says what ended it and nothing of the card, whose text is not kept. */
export const foldDeliveries = (input: CardsInput): MmmDelivery[] =>
  (input.plan.upkeep?.folds ?? []).flatMap((fold) => fold.places.map((place) => foldDelivery(input, fold, place)));

const WITHDRAWN_WORDS: Readonly<Record<string, string>> = {
  playbook_deprecated: 'its playbook is no longer in use',
  action_type_disabled: 'the tenant has switched this kind off',
  surface_disabled: 'the tenant has switched this place off',
  opted_out: 'you have turned this kind off',
  surface_not_preferred: 'you have chosen other places',
};

const foldDelivery = (input: CardsInput, { card, state, why }: Fold, place: CardPlace): MmmDelivery => {
  const { signal, ids, decisionId, decidedAtMs } = input;
  const actor = { tenantId: signal.tenant_id, actorId: signal.actor_id ?? '' };
  const subject = subjectOfKey(card.subject);
  const title = state === 'resolved' ? 'Resolved' : 'Withdrawn';
  const body = state === 'resolved' ? `Ended by ${why}.` : `Taken away because ${WITHDRAWN_WORDS[why] ?? why}.`;
  const rationale: MmmRationale = {
    summary: title,
    why_relevant: body,
    evidence_links: [
      { type: 'receipt', href: `/v1/mmm/receipts/${input.receiptId}`, label: 'signed receipt of this decision' },
    ],
    baseline_comparison: null,
  };
  return {
    // Unique per record: the action's own delivery has the id without the revision.
    delivery_id: idFrom(ids, 'delivery', [card.actionId, place.surface, decisionId]),
    card_id: cardIdOf(ids, actor, card.playbookId, subjectKeyOf(subject), cardPlaceText(place, card.actionType)),
    revision: place.revision,
    state,
    notify: false,
    decision_id: decisionId,
    action_id: card.actionId,
    receipt_id: input.receiptId,
    tenant_id: actor.tenantId,
    actor_id: actor.actorId,
    actor_type: signal.actor_type,
    action_type: card.actionType,
    playbook_id: card.playbookId,
    playbook_version: card.playbookVersion,
    severity: 'info',
    surface: place.surface,
    variant: VARIANTS[place.surface],
    subject,
    environment: null,
    plane: null,
    title,
    body,
    items: [],
    cta: null,
    rationale,
    requires_consent: false,
    dual_channel_required: false,
    payload_hash: hashOf(ids, { body, state, title }),
    opt_out_hint: OPT_OUT_HINT,
    reason: `${card.playbookId}/${card.playbookVersion}: ${state}, ${why}`,
    not_before: null,
    expires_at: new Date(Math.max(card.expiresMs, decidedAtMs)).toISOString(),
    timestamp_utc: new Date(decidedAtMs).toISOString(),
  };
};

const VARIANTS = { ide: 'card', ci: 'check-summary', alert: 'notification' } as const;
