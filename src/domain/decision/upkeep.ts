import { type Card, type CardPlace, isSameCard, livePlaces, shownOn, withPlaces } from '../card.ts';
import { type About, canRecur, resolves } from '../resolution.ts';
import type { TenantRules } from '../rules.ts';
import type { Surface } from '../vocabulary.ts';
import type { CandidateFacts } from './candidate-facts.ts';
import type { Fold, PlanInput, Upkeep } from './planned.ts';
import { endingAboutOf } from './subject-resolved.ts';

/** An upkeep while the decision is being made. */
export type UpkeepDraft = { -readonly [Part in keyof Upkeep]: Upkeep[Part][number][] };

export const newDraft = (): UpkeepDraft => ({ deferred: [], resolved: [], cards: [], folds: [], digests: [] });

/** Absent when there is nothing, so that a decision that only sends looks as it always did. */
export const upkeepOf = (draft: UpkeepDraft): { readonly upkeep?: Upkeep } => {
  const { deferred, resolved, cards, folds, digests } = draft;
  return deferred.length + resolved.length + cards.length + folds.length + digests.length > 0 ? { upkeep: draft } : {};
};

const put = (draft: UpkeepDraft, card: Card): void => {
  draft.cards = [...draft.cards.filter((one) => !isSameCard(one, card)), card];
};

/**
 * Puts the candidate's card on these surfaces and answers what is shown there. Goes on from what this decision has done to the card already: a
 * playbook may have two actions of one type, and a card has one row of revisions.
 */
export const showCard = (
  draft: UpkeepDraft,
  candidate: CandidateFacts,
  surfaces: readonly Surface[],
  expiresMs: number,
): readonly CardPlace[] => {
  const { decision, playbook, compiled, actionId } = candidate;
  const { signal, subject, decidedAtMs } = decision;
  const key = { playbookId: playbook.id, actionType: compiled.action.type, subject };
  const before = [...draft.cards, ...decision.cards()].find((card) => isSameCard(card, key)) ?? null;
  const alive = before !== null && livePlaces(before, decidedAtMs).length > 0;
  const places = shownOn(before, surfaces, decidedAtMs);
  const others = before?.places.map((place) => (alive ? place : { ...place, live: false })) ?? [];
  put(draft, {
    actionId,
    actionType: key.actionType,
    branch: signal.branch,
    eventType: signal.event_type,
    expiresMs,
    openedMs: alive ? before.openedMs : decidedAtMs,
    places: withPlaces(others, places),
    playbookId: key.playbookId,
    playbookVersion: playbook.version,
    repo: signal.repo_id,
    subject,
  });
  return places;
};

/** What withdraws a card from one of its places now: its playbook, the tenant or the person no longer wants it there. Null: nothing. */
const withdrawnBy = ({ state }: PlanInput, rules: TenantRules, card: Card, surface: Surface): string | null => {
  const { policy } = rules;
  const preferences = state.profile?.preferences;
  // A version that only runs in the shadow shows nothing, so it keeps nothing up either.
  if (rules.playbooks.get(card.playbookId) === undefined) return 'playbook_deprecated';
  if (policy.enabledActionTypes?.includes(card.actionType) === false) return 'action_type_disabled';
  if (policy.enabledSurfaces?.includes(surface) === false) return 'surface_disabled';
  if (preferences?.optOutCategories.some((name) => name === card.actionType || name === card.playbookId) === true)
    return 'opted_out';
  return preferences?.preferredSurfaces?.includes(surface) === false ? 'surface_not_preferred' : null;
};

const folded = (card: Card, state: Fold['state'], why: string, places: readonly CardPlace[]): Fold => ({
  card,
  state,
  why,
  places: places.map((place) => ({ ...place, revision: place.revision + 1, live: false })),
});

/**
 * Of what can happen again (a build fails): what happened before it last did does not end it, however late it is told. When it last did is in the recent
 * signals; a card whose event is no longer there is ended by whatever comes.
 */
const isSince = ({ eventType, subject }: Card, { signal, state }: PlanInput): boolean => {
  if (!canRecur(eventType)) return true;
  const last = state.recent.findLast((seen) => seen.type === eventType && seen.subject === subject);
  return last === undefined || Date.parse(signal.occurred_at) >= last.atMs;
};

const NO_FOLDS: readonly Fold[] = [];

const foldsOf = (input: PlanInput, rules: TenantRules, about: About | null, card: Card): readonly Fold[] => {
  const live = livePlaces(card, input.decidedAtMs);
  if (live.length === 0) return NO_FOLDS;
  if (about !== null && resolves(about, card) && isSince(card, input))
    return [folded(card, 'resolved', about.eventType, live)];
  let folds = NO_FOLDS;
  for (const place of live) {
    const why = withdrawnBy(input, rules, card, place.surface);
    if (why !== null) folds = [...folds, folded(card, 'withdrawn', why, [place])];
  }
  return folds;
};

/** Takes away every card that this signal resolves or that is no longer wanted. Looks at the actor's cards only: there are few. */
export const foldCards = (draft: UpkeepDraft, input: PlanInput, rules: TenantRules): void => {
  const { state, signal } = input;
  if (state.cards.length === 0) return;
  const about = endingAboutOf(signal);
  for (const card of state.cards) {
    for (const fold of foldsOf(input, rules, about, card)) {
      const now = draft.cards.find((one) => isSameCard(one, card)) ?? card;
      draft.folds.push(fold);
      put(draft, { ...now, places: withPlaces(now.places, fold.places) });
    }
  }
};

/** Has this very signal ended what the candidate would go on about? */
export const isResolvedNow = (draft: UpkeepDraft, { card }: CandidateFacts): boolean =>
  card !== null && draft.folds.some((fold) => fold.state === 'resolved' && isSameCard(fold.card, card));
