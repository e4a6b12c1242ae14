import type { About } from './resolution.ts';
import { DAY_MS } from './time/zones.ts';
import type { ActionType, Surface } from './vocabulary.ts';

/** What one surface shows of a card. */
export interface CardPlace {
  readonly surface: Surface;
  /**
   * How often a card about this was opened here. The card's id changes with it, so that each id has revisions 1, 2, 3 without a gap and a reader
   * that remembers the last of a folded card does not take the first of the next for an old one. Of an item of a digest the digest is the first.
   */
  readonly life: number;
  readonly revision: number;
  /** False: taken away. */
  readonly live: boolean;
}

/** One playbook's card of one type about one subject, wherever it is shown (interface 4). */
export interface Card extends About {
  readonly playbookId: string;
  readonly playbookVersion: number;
  readonly actionType: ActionType;
  /** Of its last revision. */
  readonly actionId: string;
  readonly openedMs: number;
  readonly expiresMs: number;
  readonly places: readonly CardPlace[];
}

/**
 * A card opens only with a charged delivery, at most ten a day by default, and lives for a week at most: 70, and some that were taken away. One that
 * was pushed out is opened anew by the next signal, through every gate and cap; that costs a notification, never a limit.
 */
export const CARDS_MAX = 128;
/** One that a daily signal keeps revising would else never notify again. As long as nothing is said twice about one subject by the starter set. */
export const CARD_LIFE_MAX_MS = 7 * DAY_MS;
/** A folded card is remembered as long as a cool-down can look back. */
const REMEMBERED_MS = 30 * DAY_MS;

const NO_PLACES: readonly CardPlace[] = [];
const isLive = ({ live }: CardPlace): boolean => live;

/** The places where the person still sees it. Asked of every card of an actor at every signal, so it copies only when it must. */
export const livePlaces = (card: Card, nowMs: number): readonly CardPlace[] => {
  if (nowMs >= card.expiresMs || nowMs - card.openedMs >= CARD_LIFE_MAX_MS) return NO_PLACES;
  return card.places.every(isLive) ? card.places : card.places.filter(isLive);
};

export const isSameCard = (
  a: Pick<Card, 'playbookId' | 'actionType' | 'subject'>,
  b: Pick<Card, 'playbookId' | 'actionType' | 'subject'>,
): boolean => a.playbookId === b.playbookId && a.actionType === b.actionType && a.subject === b.subject;

/** The card after it is shown on these surfaces: the next revision where it is live, else opened there. */
export const shownOn = (card: Card | null, surfaces: readonly Surface[], nowMs: number): readonly CardPlace[] => {
  const live = card === null ? [] : livePlaces(card, nowMs);
  return surfaces.map((surface) => {
    const here = live.find((place) => place.surface === surface);
    if (here !== undefined) return { ...here, revision: here.revision + 1 };
    const before = card?.places.find((place) => place.surface === surface);
    // In canonical order, for the journal's digest.
    return { life: (before?.life ?? 0) + 1, live: true, revision: 1, surface };
  });
};

/** `changed` in place of those of the same surface. */
export const withPlaces = (places: readonly CardPlace[], changed: readonly CardPlace[]): readonly CardPlace[] => [
  ...places.filter(({ surface }) => !changed.some((one) => one.surface === surface)),
  ...changed,
];

/** The cards after one more entry: changed ones last, what is long gone or too much dropped from the front. */
export const withCards = (cards: readonly Card[], changed: readonly Card[], nowMs: number): readonly Card[] => {
  if (changed.length === 0) return cards;
  const kept = cards.filter(
    (card) => card.expiresMs > nowMs - REMEMBERED_MS && !changed.some((one) => isSameCard(one, card)),
  );
  return [...kept, ...changed].slice(-CARDS_MAX);
};
