import type { Card } from './card.ts';
import type { ContextEvent } from './context/context-event.ts';
import type { ActionType, OutcomeResult, SignalResult, Surface } from './vocabulary.ts';
import type { WaitingCandidate } from './waiting.ts';

/** What is known of a person apart from the journal: kept in PostgreSQL, read in the same snapshot as the fold, so a change of it is a new version. */
export interface ActorProfile {
  readonly roles: readonly string[];
  /** IANA name or +HH:MM; null = the tenant's. */
  readonly timeZone: string | null;
  readonly preferences: ActorPreferences;
}

/** C-23, C-24: may narrow, never widen. Null = no preference stored; [] = none. */
export interface ActorPreferences {
  readonly optOutCategories: readonly string[];
  readonly preferredSurfaces: readonly Surface[] | null;
  readonly snoozeUntilMs: number | null;
}

/** A signal as `recent.*` of CEL sees it. */
export interface RecentSignal {
  readonly atMs: number;
  readonly type: string;
  readonly repo: string | null;
  readonly branch: string | null;
  readonly file: string | null;
  readonly subject: string | null;
}

/** An action that was sent (one charge, however many surfaces): what caps and cool-downs count. */
export interface SentAction {
  /** decided_at of its decision. */
  readonly atMs: number;
  readonly playbookId: string;
  readonly actionType: ActionType;
  readonly repo: string | null;
  readonly subject: string | null;
}

/** A person's no to an advice, by `dismissed` or by the reason `not_useful`: what dismissal memory stands on. */
export interface Dismissal {
  /** When it was recorded, not when it was said: a report that comes late, or with an odd clock, must not shorten the silence. */
  readonly atMs: number;
  readonly playbookId: string;
  readonly actionType: ActionType;
  /** As SentAction has it; null is one subject as well. */
  readonly subject: string | null;
}

/** One numbered line of an actor's journal. Bodies live elsewhere: this is what a fold needs and no more. */
export type JournalEntry = SignalEntry | OutcomeEntry;

export interface SignalEntry {
  readonly kind: 'signal';
  readonly version: number;
  readonly signalId: string;
  readonly decisionId: string | null;
  readonly result: SignalResult;
  readonly atMs: number;
  readonly decidedAtMs: number;
  /** Null for re-entries, which are not counted in `recent` (design 3.6). */
  readonly recent: RecentSignal | null;
  readonly sent: readonly SentAction[];
  /** Candidates that this entry put off. Absent = none, so that the chains of journals from before there was deferral still hold; also below. */
  readonly deferred?: readonly WaitingCandidate[];
  /** Action ids of waiting candidates that wait no more. */
  readonly resolved?: readonly string[];
  /** Cards as they stand after this entry. */
  readonly cards?: readonly Card[];
  /** What it says of the tenant's surroundings; absent in nearly all entries. Not folded into the actor's state: it is the tenant's. */
  readonly context?: ContextEvent;
  /**
   * Hex SHA-256 over the chain of the entry before and the canonical JSON of this entry without `chain` ('' before the first): whoever holds the
   * journal can show what a decision read, and a changed line breaks every later digest (G3).
   */
  readonly chain: string;
}

/** What became of an action, as somebody reported it. In the same numbered chain as the signals: a plan that read the state before it is planned again. */
export interface OutcomeEntry {
  readonly kind: 'outcome';
  readonly version: number;
  /** Ours, made from tenant and outcome id: a producer's own could be the id of a signal and make that a duplicate. */
  readonly entryId: string;
  readonly outcomeId: string;
  readonly decisionId: string;
  readonly actionId: string;
  readonly result: OutcomeResult;
  /** When it happened, as reported. */
  readonly atMs: number;
  /** When it was recorded. */
  readonly decidedAtMs: number;
  /** Null: no no was said. */
  readonly dismissal: Dismissal | null;
  /** As that of a signal. */
  readonly chain: string;
}

/** The fold over an actor's journal, bounded (design 3.4): 512 signals of at most 30 days, sent actions and dismissals of the longest window. */
export interface ActorState {
  /** `chain` of the newest entry, '' if none: what `evolve` copies from the entry. */
  readonly chain: string;
  readonly profile: ActorProfile | null;
  /** By atMs, oldest first. */
  readonly recent: readonly RecentSignal[];
  /** By atMs, oldest first. */
  readonly sent: readonly SentAction[];
  /** What was put off and not yet decided again, oldest first; at most `WAITING_MAX`. */
  readonly waiting: readonly WaitingCandidate[];
  /** What the person has in front of them, and what was lately taken away; oldest first, at most `CARDS_MAX`. */
  readonly cards: readonly Card[];
  /** The newest of each playbook, action type and subject; by atMs, oldest first. */
  readonly dismissals: readonly Dismissal[];
}

export const RECENT_MAX = 512;
export const RECENT_WINDOW_MS = 30 * 24 * 3_600_000;
/** Longest cap or cool-down window a playbook may name; sent actions older than this can decide nothing. */
export const SENT_WINDOW_MS = 30 * 24 * 3_600_000;

/** Longest time a tenant may have a dismissal remembered: the journal folds no more. */
export const DISMISSAL_WINDOW_MS = 30 * 24 * 3_600_000;
/** Seventeen different things a day for 30 days, where the default quotas let ten be sent: only who raises the quotas far can reach it. */
export const DISMISSALS_MAX = 512;

export const emptyState = (profile: ActorProfile | null): ActorState => ({
  chain: '',
  profile,
  recent: [],
  sent: [],
  waiting: [],
  cards: [],
  dismissals: [],
});
