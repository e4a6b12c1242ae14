import type { MmmSignalInput } from '../../generated/records.ts';
import { RECENT_MAX, RECENT_WINDOW_MS } from '../actor-state.ts';
import type { ActorState, RecentSignal } from '../actor-state.ts';
import { subjectKeyOfSignal } from '../subject.ts';
import type { Recent, SameField } from './condition.ts';
import { matchesEventType } from './trigger-match.ts';

/** Source word of our own re-entries, which are not counted in `recent` (design 3.6). */
const REENTRY_SOURCE = 'mmm';

/** What `recent.*` remembers of a signal; null for a re-entry. The journal stores exactly this. */
export const recentSignalOf = (signal: MmmSignalInput): RecentSignal | null => {
  if (signal.source === REENTRY_SOURCE) return null;
  return {
    atMs: Date.parse(signal.occurred_at),
    type: signal.event_type,
    repo: signal.repo_id,
    branch: signal.branch,
    file: signal.file_path,
    subject: subjectKeyOfSignal(signal),
  };
};

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

/**
 * The actor's signals as CEL and templates see them at `signal`: `state` is the state before it, so it is added here, once. Signals that
 * happened later but arrived earlier are outside the window (t - window, t]. Windows over 30 days see 30 days. Nothing is copied until asked.
 */
export const recentOf = (state: ActorState, signal: MmmSignalInput): Recent => {
  const own = recentSignalOf(signal);
  const nowMs = Date.parse(signal.occurred_at);
  const subject = subjectKeyOfSignal(signal);
  const current = { repo: signal.repo_id, branch: signal.branch, file: signal.file_path, subject };
  const earlier = state.recent;
  const end = firstAfter(earlier, nowMs);

  const sameAs = (entry: RecentSignal, same: SameField | null): boolean => {
    if (same === null) return true;
    // A branch or a file of the same name in another repository is another branch or file.
    if ((same === 'branch' || same === 'file') && entry.repo !== current.repo) return false;
    return current[same] !== null && entry[same] === current[same];
  };
  const visit = (type: string, windowMs: number, see: (entry: RecentSignal) => void): void => {
    const start = firstAfter(earlier, nowMs - Math.min(windowMs, RECENT_WINDOW_MS));
    for (let at = start; at < end; at += 1) {
      const entry = earlier[at];
      if (entry !== undefined && matchesEventType(type, entry.type)) see(entry);
    }
    if (own !== null && windowMs > 0 && matchesEventType(type, own.type)) see(own);
  };

  return {
    count: (type, windowMs, same) => {
      let count = 0;
      visit(type, windowMs, (entry) => {
        if (sameAs(entry, same)) count += 1;
      });
      return Math.min(count, RECENT_MAX);
    },
    distinct: (field, type, windowMs) => {
      const values = new Set<string>();
      visit(type, windowMs, (entry) => {
        const value = entry[field];
        if (value === null) return;
        values.add(field === 'branch' || field === 'file' ? JSON.stringify([entry.repo, value]) : value);
      });
      return Math.min(values.size, RECENT_MAX);
    },
    since: (type, same) => {
      const start = firstAfter(earlier, nowMs - RECENT_WINDOW_MS);
      for (let at = end - 1; at >= start; at -= 1) {
        const entry = earlier[at];
        if (entry !== undefined && matchesEventType(type, entry.type) && sameAs(entry, same)) return nowMs - entry.atMs;
      }
      return null;
    },
    get signals() {
      const start = firstAfter(earlier, nowMs - RECENT_WINDOW_MS);
      const seen = earlier.slice(start, end);
      return own === null ? seen : [...seen, own];
    },
  };
};
