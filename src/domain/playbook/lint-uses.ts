import { ACTOR_TYPES, SEVERITIES } from '../vocabulary.ts';
import type { ConditionUses } from './condition.ts';
import { eventTypesOf, nearest } from './event-types.ts';
import type { EventTypes } from './event-types.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Playbook } from './model.ts';
import { matchesEventType } from './trigger-match.ts';

const PAYLOAD = 'signal.payload.';
const ORDER = new Set(['<', '<=', '>', '>=']);
const CLOSED_WORDS: Readonly<Record<string, readonly string[]>> = {
  'signal.severity': SEVERITIES,
  'signal.actor_type': ACTOR_TYPES,
  'actor.type': ACTOR_TYPES,
};

const didYouMean = (near: string | null, otherwise: string): string =>
  near === null ? otherwise : `did you mean ${near}?`;

/** A payload key that none of the trigger's event types carries: the condition would never be met, or the text never be shown. */
const payloadFindings = (
  uses: ConditionUses,
  at: string,
  playbook: Playbook,
  types: EventTypes,
): readonly Finding[] => {
  const triggered = playbook.triggers.map((trigger) => eventTypesOf(trigger.eventType, types));
  // A trigger with an unknown event type has its own finding, and nothing is known of its keys.
  if (triggered.some((definitions) => definitions.length === 0)) return [];
  const keys = [...new Set(triggered.flat().flatMap((definition) => Object.keys(definition.payload)))];
  return uses.paths.flatMap((path) => {
    const key = path.startsWith(PAYLOAD) ? path.slice(PAYLOAD.length) : null;
    if (key === null || keys.includes(key)) return [];
    const remedy = didYouMean(nearest(key, keys), `known here: ${keys.join(', ')}`);
    return [finding(at, `no trigger of this playbook carries signal.payload.${key}`, remedy)];
  });
};

/** The evaluator knows no types of payload keys: `signal.payload.test_files == "none"` would compile and never be met. */
const typeFindings = (uses: ConditionUses, at: string, playbook: Playbook, types: EventTypes): readonly Finding[] => {
  const definitions = playbook.triggers.flatMap((trigger) => eventTypesOf(trigger.eventType, types));
  const seen = new Set<string>();
  return uses.wanted.flatMap(({ path, type, operator }) => {
    const key = path.startsWith(PAYLOAD) ? path.slice(PAYLOAD.length) : null;
    if (key === null) return [];
    const known = new Set(definitions.flatMap(({ payload }) => payload[key] ?? []));
    if (known.size === 0 || known.has(type) || seen.has(key)) return [];
    seen.add(key);
    const is = [...known].join(' or ');
    return [finding(at, `${path} is a ${is}, and ${operator} here wants a ${type}`, `compare it with a ${is}`)];
  });
};

/** An event type that the playbook is never triggered by: the comparison always has the same answer. */
const eventTypeFindings = (
  uses: ConditionUses,
  at: string,
  playbook: Playbook,
  types: EventTypes,
): readonly Finding[] =>
  uses.comparisons.flatMap(({ path, literal }) => {
    if (path !== 'signal.event_type' || playbook.triggers.some(({ eventType }) => matchesEventType(eventType, literal)))
      return [];
    const near = nearest(literal, Object.keys(types));
    const remedy = didYouMean(near === literal ? null : near, `add a trigger for it, or remove it`);
    return [finding(at, `no trigger of this playbook fits ${literal}`, remedy)];
  });

const recentFindings = (uses: ConditionUses, at: string, types: EventTypes): readonly Finding[] =>
  uses.recentTypes.flatMap((type) => {
    if (eventTypesOf(type, types).length > 0) return [];
    const remedy = didYouMean(nearest(type, Object.keys(types)), 'see schemas/event-types.yaml');
    return [finding(at, `no source sends ${type}, which recent counts`, remedy)];
  });

/** `signal.severity >= "medium"` compares letters, and `signal.severity == "urgent"` is never true. */
const wordFindings = (uses: ConditionUses, at: string): readonly Finding[] =>
  uses.comparisons.flatMap(({ path, operator, literal }) => {
    const words = CLOSED_WORDS[path];
    if (words === undefined) return [];
    if (ORDER.has(operator)) {
      return [
        finding(at, `${path} ${operator} compares letters, not rank`, 'use min_severity of the trigger, or in [...]'),
      ];
    }
    if (words.includes(literal)) return [];
    return [finding(at, `${path} is never "${literal}"`, `use one of ${words.join(', ')}`)];
  });

/** What a condition or a template reads, held against what the sources send (interface 5). */
export const lintUses = (
  uses: ConditionUses,
  at: string,
  playbook: Playbook,
  types: EventTypes,
): readonly Finding[] => [
  ...payloadFindings(uses, at, playbook, types),
  ...typeFindings(uses, at, playbook, types),
  ...eventTypeFindings(uses, at, playbook, types),
  ...recentFindings(uses, at, types),
  ...wordFindings(uses, at),
];
