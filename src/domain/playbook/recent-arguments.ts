import { RECENT_WINDOW_MS } from '../actor-state.ts';
import { rememberedByText } from '../remembered-by-text.ts';
import type { SameField } from './condition.ts';
import { parseDurationMs } from './duration.ts';

const SAME_FIELDS: readonly SameField[] = ['repo', 'branch', 'file', 'subject'];

/** The window of `recent.count` and `recent.distinct`, as `7d` up to `30d`; null if it is not one. Conditions ask at each evaluation, always of a few. */
export const recentWindowMs = rememberedByText(256, (text): number | null => {
  const ms = parseDurationMs(text);
  return ms !== null && ms <= RECENT_WINDOW_MS ? ms : null;
});

export const sameFieldOf = (text: string): SameField | null => SAME_FIELDS.find((field) => field === text) ?? null;

/** The calls of `recent`, by what each argument is. One table for CEL and templates, so that they can not drift apart. */
export type RecentMethod = 'count' | 'distinct' | 'since';
export type RecentArgument = 'type' | 'window' | 'same';
export const RECENT_CALLS: Readonly<Record<RecentMethod, readonly (readonly RecentArgument[])[]>> = {
  count: [
    ['type', 'window'],
    ['type', 'window', 'same'],
  ],
  distinct: [['same', 'type', 'window']],
  since: [['type'], ['type', 'same']],
};

/** What is wrong with the literal arguments of a call; null if nothing is. */
export const faultOfRecentCall = (method: RecentMethod, values: readonly string[]): string | null => {
  const shape = RECENT_CALLS[method].find((candidate) => candidate.length === values.length);
  if (shape === undefined) return `recent.${method} does not take ${values.length} arguments`;
  for (const [at, kind] of shape.entries()) {
    const value = values[at] ?? '';
    if (kind === 'window' && recentWindowMs(value) === null) return `"${value}" is not a window like 7d, up to 30d`;
    if (kind === 'same' && sameFieldOf(value) === null) return `"${value}" is not one of ${SAME_FIELDS.join(', ')}`;
  }
  return null;
};
