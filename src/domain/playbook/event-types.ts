import type { EventTypeDefinition } from '../../generated/event-types.ts';
import { matchesEventType } from './trigger-match.ts';

/** Event types with their payload keys: those of schemas/event-types.yaml and a tenant's own. */
export type EventTypes = Readonly<Record<string, EventTypeDefinition>>;

/** The known types that a pattern of a trigger or of `recent.*` stands for. */
export const eventTypesOf = (pattern: string, types: EventTypes): readonly EventTypeDefinition[] =>
  Object.entries(types).flatMap(([name, definition]) => {
    // A known name may itself be a family (`trigger.*`): either may be the wider one.
    const family = name.endsWith('*') && matchesEventType(name, pattern.replace(/\*$/, ''));
    return family || matchesEventType(pattern, name) ? [definition] : [];
  });

/** The nearest known word for a remedy; null if none is close. */
export const nearest = (word: string, known: readonly string[]): string | null => {
  let best: string | null = null;
  // Two slips of the finger; more is another word.
  let bestDistance = 3;
  for (const candidate of known) {
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
};

const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};
