import type { ConditionCompiler, RuleEnvironment } from './condition.ts';

/**
 * One of the parts that a condition joins with &&, ||, ! and ?: . Its place is that in the source, so that a condition with this one part written
 * otherwise is a text again, which anybody can read and which compiles as every other.
 */
export interface ConditionTerm {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Of `<other> <operator> <number>`; a number that stands on the left is told as if it stood on the right. Else null. */
  readonly comparison: TermComparison | null;
}

export interface TermComparison {
  readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=';
  readonly other: string;
  readonly number: number;
  /** Where the number is in the source. */
  readonly start: number;
  readonly end: number;
}

export type TermValue = string | number | boolean | null;

/** The evaluator as `explain` needs it: takes conditions apart and looks at their parts. */
export interface ConditionDissector extends ConditionCompiler {
  /** Empty for a source that does not compile. */
  termsOf(source: string): readonly ConditionTerm[];
  /** What an expression of the condition language gives in this environment (durations in ms); undefined if it fails or gives no plain value. */
  valueOf(source: string, environment: RuleEnvironment): TermValue | undefined;
}
