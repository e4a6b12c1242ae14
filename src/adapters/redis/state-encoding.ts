import type { ActorState, Dismissal, RecentSignal, SentAction } from '../../domain/actor-state.ts';
import type { ActorKey } from '../../domain/ids.ts';
import type { CachedState } from '../../pipeline/ports/state-cache.ts';

/** Raised whenever the layout changes: a state of another layout reads as absent and is folded anew. */
const LAYOUT = 3;

type RecentRow = readonly [number, string, string | null, string | null, string | null, string | null];
type SentRow = readonly [number, string, SentAction['actionType'], string | null, string | null];
type DismissalRow = readonly [number, string, Dismissal['actionType'], string | null];

/** `<version> <JSON>`: the version stands in front so that the script reads it without a JSON parser. Rows are arrays: half the size of objects; what waits and the cards are few. */
export const encodeState = ({ version, head, actorRef, state }: CachedState): string => {
  const recent = state.recent.map((r): RecentRow => [r.atMs, r.type, r.repo, r.branch, r.file, r.subject]);
  const sent = state.sent.map((s): SentRow => [s.atMs, s.playbookId, s.actionType, s.repo, s.subject]);
  const dismissals = state.dismissals.map((d): DismissalRow => [d.atMs, d.playbookId, d.actionType, d.subject]);
  const { chain, profile, waiting, cards } = state;
  return `${version} ${JSON.stringify([LAYOUT, head, actorRef, chain, profile, recent, sent, waiting, cards, dismissals])}`;
};

const recentOf = ([atMs, type, repo, branch, file, subject]: RecentRow): RecentSignal => ({
  atMs,
  type,
  repo,
  branch,
  file,
  subject,
});
const sentOf = ([atMs, playbookId, actionType, repo, subject]: SentRow): SentAction => ({
  atMs,
  playbookId,
  actionType,
  repo,
  subject,
});
const dismissalOf = ([atMs, playbookId, actionType, subject]: DismissalRow): Dismissal => ({
  atMs,
  playbookId,
  actionType,
  subject,
});

/** Null for anything that is not a state of this layout: a cache may hold rubbish, a decision may not rest on it. */
export const decodeState = (key: ActorKey, text: string): CachedState | null => {
  const space = text.indexOf(' ');
  const version = Number(text.slice(0, space));
  if (space < 1 || !Number.isSafeInteger(version) || version < 1) return null;
  const parsed = parseArray(text.slice(space + 1));
  if (parsed === null || parsed[0] !== LAYOUT) return null;
  const [, head, actorRef, chain, profile, recent, sent, waiting, cards, dismissals] = parsed;
  if (typeof head !== 'string' || typeof chain !== 'string') return null;
  if (!Array.isArray(recent) || !Array.isArray(sent) || !Array.isArray(dismissals)) return null;
  if (!Array.isArray(waiting) || !Array.isArray(cards)) return null;
  if (actorRef !== null && typeof actorRef !== 'string') return null;
  return {
    key,
    version,
    head,
    actorRef,
    state: {
      chain,
      profile: profile as ActorState['profile'],
      recent: (recent as RecentRow[]).map(recentOf),
      sent: (sent as SentRow[]).map(sentOf),
      waiting: waiting as ActorState['waiting'],
      cards: cards as ActorState['cards'],
      dismissals: (dismissals as DismissalRow[]).map(dismissalOf),
    },
  };
};

const parseArray = (text: string): unknown[] | null => {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : null;
  } catch {
    // Truncated or foreign bytes: the same as absent, by the contract of the cache.
    return null;
  }
};
