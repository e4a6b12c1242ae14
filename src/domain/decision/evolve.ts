import {
  type ActorProfile,
  type ActorState,
  emptyState,
  type JournalEntry,
  RECENT_MAX,
  RECENT_WINDOW_MS,
  type RecentSignal,
  SENT_WINDOW_MS,
  type SentAction,
  type SignalEntry,
} from '../actor-state.ts';
import { withCards } from '../card.ts';
import { contextEventOf } from '../context/context-event.ts';
import type { IdPort } from '../ids.ts';
import { recentSignalOf } from '../playbook/recent.ts';
import { canonicalJson } from '../receipt/canonical-json.ts';
import { DAY_MS, MINUTE_MS } from '../time/zones.ts';
import { withDismissal } from './dismissals.ts';
import type { Plan } from './planned.ts';
import { withWaiting } from './waiting-list.ts';
import type { MmmSignalInput } from '../../generated/records.ts';

/** Any calendar day that caps may count lies within it, wherever the actor moves. */
const SENT_IN_FULL_MS = 2 * DAY_MS;

/** Into its place by time, after those of the same time: a late arrival sorts in, and equal times keep the journal's order. */
const inserted = <T extends { readonly atMs: number }>(list: readonly T[], item: T): T[] => {
  let at = list.length;
  while (at > 0 && list[at - 1]!.atMs > item.atMs) at -= 1;
  return at === list.length ? [...list, item] : list.toSpliced(at, 0, item);
};

const newestMs = (list: readonly { readonly atMs: number }[]): number => list.at(-1)?.atMs ?? -Infinity;

const withRecent = (recent: readonly RecentSignal[], signal: RecentSignal): readonly RecentSignal[] => {
  const all = inserted(recent, signal);
  const cutoff = newestMs(all) - RECENT_WINDOW_MS;
  let from = Math.max(0, all.length - RECENT_MAX);
  while (from < all.length && all[from]!.atMs <= cutoff) from += 1;
  return from === 0 ? all : all.slice(from);
};

/**
 * Two days in full, for caps; older ones only if they are the newest of their playbook and subject, for cool-downs. So the state stays small
 * whatever the quotas are, and nothing that a cap or cool-down could see is lost. Counted back from the action before, or from this one if the
 * clock went back.
 */
const withSent = (sent: readonly SentAction[], more: readonly SentAction[]): readonly SentAction[] => {
  if (more.length === 0) return sent;
  let all: readonly SentAction[] = sent;
  for (const action of more) all = inserted(all, action);
  // Not the newest of all: one action of a clock that was days ahead would else push out every later one of the true time at once, and no cap held.
  const from = Math.min(newestMs(sent), ...more.map(({ atMs }) => atMs));
  // Nothing of it is older than what is kept in full: the usual state.
  if (all[0]!.atMs > from - SENT_IN_FULL_MS) return all;
  const seen = new Set<string>();
  return all
    .toReversed()
    .filter((action) => {
      const key = JSON.stringify([action.playbookId, action.subject]);
      const known = seen.has(key);
      seen.add(key);
      return action.atMs > from - SENT_WINDOW_MS && (!known || action.atMs > from - SENT_IN_FULL_MS);
    })
    .reverse();
};

/** The state after one more journal entry. Pure; the same whether folded in one go or step by step. */
export const evolve = (state: ActorState, entry: JournalEntry): ActorState =>
  entry.kind === 'outcome'
    ? { ...state, chain: entry.chain, dismissals: withDismissal(state.dismissals, entry.dismissal) }
    : {
        ...state,
        chain: entry.chain,
        recent: entry.recent === null ? state.recent : withRecent(state.recent, entry.recent),
        sent: withSent(state.sent, entry.sent),
        waiting: withWaiting(state.waiting, entry),
        cards: withCards(state.cards, entry.cards ?? [], entry.decidedAtMs),
      };

/** The fold over a journal, oldest entry first. */
export const foldEntries = (profile: ActorProfile | null, entries: readonly JournalEntry[]): ActorState =>
  entries.reduce(evolve, emptyState(profile));

/** A signal from further ahead than intake allows would push everything true out of the 30 days (interface 2b). */
const MAX_AHEAD_MS = 10 * MINUTE_MS;

/** Signals of nobody and of services are no person's recent past; pooled under one key they would be many people's (D-72). */
const recentOfEntry = (
  signal: MmmSignalInput,
  occurredMs: number,
  plan: Plan,
  decidedAtMs: number,
): RecentSignal | null => {
  if (plan.result === 'context_only' || plan.result === 'actor_type') return null;
  const recent = recentSignalOf(signal, occurredMs);
  return recent !== null && recent.atMs <= decidedAtMs + MAX_AHEAD_MS ? recent : null;
};

/** Absent where there is nothing: an absent list and an empty one would be two digests of one entry. */
const some = <T>(list: readonly T[] | undefined): readonly T[] | undefined => (list?.length ? list : undefined);

/** An entry while it is being made. */
type Unchained = { -readonly [Member in keyof SignalEntry]: SignalEntry[Member] };

/** The journal's line for a planned signal. `chainBefore` is the chain of the state that was planned with. */
export const journalEntryOf = (
  ids: IdPort,
  facts: {
    readonly signal: MmmSignalInput;
    readonly plan: Plan;
    readonly version: number;
    readonly decidedAtMs: number;
    readonly decisionId: string | null;
    readonly chainBefore: string;
  },
): SignalEntry => {
  const { signal, plan, version, decidedAtMs } = facts;
  const occurredMs = Date.parse(signal.occurred_at);
  const cards = some(plan.upkeep?.cards);
  const context = contextEventOf(signal);
  const deferred = some(plan.upkeep?.deferred.map(({ waiting }) => waiting));
  const resolved = some(plan.upkeep?.resolved.map(({ actionId }) => actionId));
  // In canonical order, for the digest; member by member, because a dozen of them spread in costs more than the digest.
  const entry = { atMs: Number.isNaN(occurredMs) ? decidedAtMs : occurredMs } as Unchained;
  if (cards !== undefined) entry.cards = cards;
  if (context !== null) entry.context = context;
  entry.decidedAtMs = decidedAtMs;
  entry.decisionId = plan.result === 'decided' ? facts.decisionId : null;
  if (deferred !== undefined) entry.deferred = deferred;
  entry.kind = 'signal';
  entry.recent = recentOfEntry(signal, occurredMs, plan, decidedAtMs);
  if (resolved !== undefined) entry.resolved = resolved;
  entry.result = plan.result;
  entry.sent = plan.sent;
  entry.signalId = signal.signal_id;
  entry.version = version;
  entry.chain = ids.sha256(facts.chainBefore + canonicalJson(entry));
  return entry;
};
