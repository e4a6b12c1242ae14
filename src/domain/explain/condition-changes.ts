import { decisionFacts } from '../decision/candidate-facts.ts';
import { isDeferralDue } from '../decision/release.ts';
import type { PlanInput } from '../decision/planned.ts';
import type { ConditionDissector, ConditionTerm, TermComparison, TermValue } from '../playbook/condition-dissector.ts';
import type { ConditionChange } from './change.ts';
import type { Target } from './outcome.ts';

/** A part of a condition with what it gave. */
export interface SeenTerm {
  readonly term: ConditionTerm;
  /** Undefined: it could not be evaluated. */
  readonly held: TermValue | undefined;
  /** The other side of a comparison with a number. */
  readonly value: TermValue | undefined;
}

export const seenTerms = (
  input: PlanInput,
  { compiled: { playbook }, about }: Target,
  conditions: ConditionDissector,
): readonly SeenTerm[] => {
  if (playbook.when === null || input.rules === null) return [];
  // As the release does: the event as it was, what was seen as of now.
  const asOfMs = isDeferralDue(input.signal) ? input.decidedAtMs : null;
  const { environment } = decisionFacts({ ...input, signal: about }, input.rules, asOfMs);
  return conditions.termsOf(playbook.when).map((term) => ({
    term,
    held: conditions.valueOf(term.text, environment),
    value: term.comparison === null ? undefined : conditions.valueOf(term.comparison.other, environment),
  }));
};

const OPPOSITE = { '==': '!=', '!=': '==', '<': '>=', '>=': '<', '>': '<=', '<=': '>' } as const;

/** The nearest number with which the comparison gives the other answer than now. */
const nearestNumber = ({ operator, number }: TermComparison, value: number, held: boolean): number => {
  switch (held ? OPPOSITE[operator] : operator) {
    case '==':
    case '>=':
    case '<=':
      return value;
    case '!=':
      return number + 1;
    case '>':
      return Number.isInteger(value) ? value - 1 : Math.floor(value);
    case '<':
      return Number.isInteger(value) ? value + 1 : Math.ceil(value);
  }
};

/** As the condition language writes a number; null for what it can not write shortly. */
const literalOf = (number: number): string | null => {
  const text = String(number);
  return Number.isFinite(number) && /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? text : null;
};

/** Changes of one term: another number in its comparison, and the term turned round. */
export const conditionChanges = (
  input: PlanInput,
  target: Target,
  conditions: ConditionDissector,
): { readonly change: ConditionChange; readonly size: number }[] => {
  const { when, id } = target.compiled.playbook;
  if (when === null) return [];
  return seenTerms(input, target, conditions).flatMap(({ term, held, value }) => {
    const told = typeof value === 'number' ? value : null;
    const change = (start: number, end: number, to: string): ConditionChange => ({
      ...{ kind: 'condition', playbookId: id, term: term.text, value: told, start, end },
      ...{ from: when.slice(start, end), to },
    });
    const { comparison } = term;
    const number =
      comparison === null || told === null || typeof held !== 'boolean' ? null : nearestNumber(comparison, told, held);
    const literal = number === null ? null : literalOf(number);
    // A term that could not be evaluated may stand in the way as an error only: either answer of it is a change.
    const turned = typeof held === 'boolean' ? [String(!held)] : ['true', 'false'];
    return [
      ...(comparison === null || number === null || literal === null
        ? []
        : [
            {
              change: change(comparison.start, comparison.end, literal),
              size: Math.abs(number - comparison.number),
            },
          ]),
      ...turned.map((to) => ({ change: change(term.start, term.end, to), size: Infinity })),
    ];
  });
};
