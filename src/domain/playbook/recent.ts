import type { MmmSignalInput } from '../../generated/records.ts';
import { RECENT_MAX, RECENT_WINDOW_MS } from '../actor-state.ts';
import type { ActorState, RecentSignal } from '../actor-state.ts';
import { subjectKeyOfSignal } from '../subject.ts';
import type { Recent, SameField } from './condition.ts';
import { matchesEventType } from './trigger-match.ts';

/** Source word of our own re-entries, which are not counted in `recent` (design 3.6). */
const REENTRY_SOURCE = 'mmm';

/** What `same` and `distinct` compare of the signal itself; also for a re-entry, which is not counted. In canonical order, for the journal's digest. */
const placeOf = (signal: MmmSignalInput, atMs: number = Date.parse(signal.occurred_at)): RecentSignal => ({
  atMs,
  branch: signal.branch,
  file: signal.file_path,
  repo: signal.repo_id,
  subject: subjectKeyOfSignal(signal),
  type: signal.event_type,
});

/** What `recent.*` remembers of a signal; null for a re-entry. The journal stores exactly this. */
export const recentSignalOf = (signal: MmmSignalInput): RecentSignal | null =>
  signal.source === REENTRY_SOURCE ? null : placeOf(signal);

/** First position whose time is after `ms`; the list is sorted by time. */
const firstAfter = (signals: readonly RecentSignal[], ms: number): number => {
  let low = 0;
  let high = signals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((signals[middle]?.atMs ?? Infinity) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The fields of two signals that `same` compares. A branch or a file of the same name in another repository is another one. */
const sameAs = (entry: RecentSignal, current: RecentSignal, same: SameField): boolean =>
  entry[same] === current[same] && ((same !== 'branch' && same !== 'file') || entry.repo === current.repo);

/**
 * The actor's signals as CEL and templates see them at `signal`: `state` is the state before it, so it is added here, once. Signals that
 * happened later but arrived earlier are outside the window (t - window, t]. Windows over 30 days see 30 days. Nothing is computed until asked;
 * an answer is kept, because condition, texts and other playbooks ask the same (a scan over 512 signals takes some microseconds).
 * `asOfMs`: for a signal that is decided again later. Windows then end at that moment, and the signal is not added: it is in the state by now.
 */
export const recentOf = (state: ActorState, signal: MmmSignalInput, asOfMs: number | null = null): Recent => {
  const earlier = state.recent;
  const counted = asOfMs === null && signal.source !== REENTRY_SOURCE;
  const counts = new Map<string, number>();
  let known: { readonly current: RecentSignal; readonly end: number } | null = null;
  const now = (): { readonly current: RecentSignal; readonly end: number } => {
    if (known === null) {
      const current = asOfMs === null ? placeOf(signal) : placeOf(signal, asOfMs);
      known = { current, end: firstAfter(earlier, current.atMs) };
    }
    return known;
  };

  /** The signals of a window that fit, this one last. */
  const within = (type: string, windowMs: number, same: SameField | null): readonly RecentSignal[] => {
    const { current, end } = now();
    if (windowMs <= 0 || (same !== null && current[same] === null)) return [];
    const prefix = type.endsWith('*') ? type.slice(0, -1) : null;
    const fitting: RecentSignal[] = [];
    for (let at = firstAfter(earlier, current.atMs - Math.min(windowMs, RECENT_WINDOW_MS)); at < end; at += 1) {
      const entry = earlier[at];
      if (entry === undefined) continue;
      if (prefix === null ? entry.type !== type : !entry.type.startsWith(prefix)) continue;
      if (same === null || sameAs(entry, current, same)) fitting.push(entry);
    }
    if (counted && matchesEventType(type, current.type)) fitting.push(current);
    return fitting;
  };
  const remembered = (key: string, compute: () => number): number => {
    const before = counts.get(key);
    if (before !== undefined) return before;
    const count = Math.min(compute(), RECENT_MAX);
    counts.set(key, count);
    return count;
  };

  return {
    count: (type, windowMs, same) =>
      remembered(`count ${windowMs} ${same ?? ''} ${type}`, () => within(type, windowMs, same).length),
    distinct: (field, type, windowMs) =>
      remembered(`distinct ${windowMs} ${field} ${type}`, () => {
        const values = new Set<string>();
        for (const entry of within(type, windowMs, null)) {
          const value = entry[field];
          if (value === null) continue;
          values.add(field === 'branch' || field === 'file' ? JSON.stringify([entry.repo, value]) : value);
        }
        return values.size;
      }),
    since: (type, same) => {
      const fitting = within(type, RECENT_WINDOW_MS, same);
      const { current } = now();
      const newest = fitting.findLast((entry) => entry !== current);
      return newest === undefined ? null : current.atMs - newest.atMs;
    },
    get signals() {
      return within('*', RECENT_WINDOW_MS, null);
    },
  };
};
