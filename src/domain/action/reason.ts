import { RECENT_MAX, RECENT_WINDOW_MS } from '../actor-state.ts';
import type { RuleEnvironment } from '../playbook/condition.ts';
import type { Playbook } from '../playbook/model.ts';
import { DAY_MS } from '../time/zones.ts';

const WEEK_MS = 7 * DAY_MS;
/** It is a header and one line of a card. */
const REASON_MAX_CHARS = 200;

const times = (count: number): string => (count >= RECENT_MAX ? `${RECENT_MAX} or more` : String(count));

/** What was counted, when the playbook does not say why in its own words: `commit_pushed: 3 in the last 7 days`. */
export const countedWhy = ({ signal, recent }: RuleEnvironment): string => {
  const count = recent.count(signal.event_type, WEEK_MS, null);
  return count > 0 ? `${signal.event_type}: ${times(count)} in the last 7 days` : `${signal.event_type}, now`;
};

/** The last seven days against the seven before, of this event type; null if the memory of either may be cut short. */
export const baselineOf = ({ signal, recent }: RuleEnvironment): string | null => {
  const fortnight = recent.count(signal.event_type, 2 * WEEK_MS, null);
  if (fortnight === 0 || recent.count('*', RECENT_WINDOW_MS, null) >= RECENT_MAX) return null;
  const week = recent.count(signal.event_type, WEEK_MS, null);
  return `${week} in the last 7 days, ${fortnight - week} in the 7 days before`;
};

/** Why the receiver got it, in one line: playbook and version first, so that it can be looked up. */
export const reasonLine = (playbook: Playbook, why: string): string =>
  clipped(`${playbook.id}/${playbook.version}: ${singleSpaced(why)}`, REASON_MAX_CHARS);

/** Every run of white space as one space. The pattern leaves out the single spaces, which are nearly all and as they should be. */
export const singleSpaced = (text: string): string => text.replace(/ \s+|[^\S ]\s*/g, ' ');

/** At most `max` characters, cut at a word where one is near, with the cut shown. Never cuts a character in two. */
export const clipped = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const characters = Array.from(text);
  if (characters.length <= max) return text;
  const head = characters.slice(0, max - 3).join('');
  const space = head.lastIndexOf(' ');
  return `${(space > head.length / 2 ? head.slice(0, space) : head).trimEnd()}...`;
};
