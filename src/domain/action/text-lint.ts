import type { ActionType } from '../vocabulary.ts';
import { rememberedByText } from '../remembered-by-text.ts';
import { BLAME_WORDS } from './words/blame.ts';
import { COMPARISON_WORDS } from './words/comparison.ts';
import { FEAR_WORDS } from './words/fear.ts';
import { PRESCRIPTIVE_WORDS } from './words/prescriptive.ts';
import { URGENCY_WORDS } from './words/urgency.ts';

export type TextRule = 'prescriptive' | 'urgency' | 'fear' | 'blame' | 'comparison' | 'shouting';

export interface TextFault {
  readonly rule: TextRule;
  /** The words as they stand in the text. */
  readonly words: string;
  /** For a finding or a trace. */
  readonly message: string;
}

// Not within a path, a name or an address: `src/must-have.ts` and `fix/urgent` are values of a reader's own, not our words.
const NOT_AFTER = '(?<![\\w/.@#-])';
const NOT_BEFORE = '(?![\\w/@-]|\\.\\w)';

const literal = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', '\\s+');
/** One alternation of literals per list, longest first: linear, and `should not` is found before `should`. */
const finder = (words: readonly string[]): RegExp =>
  new RegExp(
    `${NOT_AFTER}(?:${[...words]
      .sort((a, b) => b.length - a.length)
      .map(literal)
      .join('|')})${NOT_BEFORE}`,
    'i',
  );

const FINDERS: Readonly<Record<Exclude<TextRule, 'shouting'>, RegExp>> = {
  prescriptive: finder(PRESCRIPTIVE_WORDS),
  urgency: finder(URGENCY_WORDS),
  fear: finder(FEAR_WORDS),
  blame: finder(BLAME_WORDS),
  comparison: finder(COMPARISON_WORDS),
};
/** A measure against somebody by handle: no reader wants it, whoever wrote it. */
const AGAINST_HANDLE =
  /(?<![\w/.@#-])(?:than|unlike|behind|ahead of|compared (?:to|with)|as \w+ as)\s+@[A-Za-z0-9][\w-]*/i;
/** Against somebody by name. Only for what is written: a rendered value may say "faster than Rust". */
const AGAINST_NAME =
  /(?<![\w/.@#-])(?:(?:[Mm]ore|[Ll]ess|[Ff]ewer|better|worse|faster|slower|higher|lower|larger|smaller|cleaner|tidier)(?:\s+\w+){0,3}\s+than|[Uu]nlike|[Cc]ompared (?:to|with))\s+[A-Z][a-z]+(?![\w/.-])/;

/** Persons named in a comparison (G7), in a text as its author wrote it. */
export const comparedPersons = (text: string): readonly TextFault[] => {
  const found = AGAINST_NAME.exec(text);
  return found === null ? [] : [faultOf('comparison', found[0])];
};

const FOR_ALL = ['urgency', 'fear', 'blame', 'comparison'] as const;
const FOR_MIRROR = ['prescriptive', ...FOR_ALL] as const;
const SHOUTING = /!{2,}|(?<![\w/.-])(?:[A-Z]{2,}\s+){3,}[A-Z]{2,}/;

const faultOf = (rule: TextRule, words: string): TextFault => ({ rule, words, message: `says "${words}" (${rule})` });

/**
 * What in a text a receiver would be right to mind: pressure, fear, blame, comparison with others (R-50, R-51, D-41), and in a Mirror any advice
 * . Used at publish over what is written and by the safety gate over what is rendered. At most one fault per rule; empty = fine.
 */
export const lintText = (type: ActionType, text: string): readonly TextFault[] =>
  type === 'mirror' ? mirrorFaults(text) : otherFaults(text);

const search = (rules: typeof FOR_MIRROR | typeof FOR_ALL, text: string): readonly TextFault[] => {
  const faults: TextFault[] = [];
  for (const rule of rules) {
    const found = FINDERS[rule].exec(text);
    if (found !== null) faults.push(faultOf(rule, found[0]));
  }
  if (!faults.some(({ rule }) => rule === 'comparison')) {
    const against = AGAINST_HANDLE.exec(text);
    if (against !== null) faults.push(faultOf('comparison', against[0]));
  }
  const shouted = SHOUTING.exec(text);
  if (shouted !== null) faults.push(faultOf('shouting', shouted[0]));
  return faults;
};

// A title and a reason are the same from signal to signal, a body differs by its numbers: seven patterns over all three were a twelfth of a decision.
const REMEMBERED_MAX = 1_024;
const mirrorFaults = rememberedByText(REMEMBERED_MAX, (text) => search(FOR_MIRROR, text));
const otherFaults = rememberedByText(REMEMBERED_MAX, (text) => search(FOR_ALL, text));
