import type { ParseResult } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import type { ConditionTerm, TermComparison, TermValue } from '../../domain/playbook/condition-dissector.ts';
import { childrenOf, isNode, type SyntaxNode } from './syntax-tree.ts';

/** What joins terms; everything below any other operator is one term, a comprehension with its own variables included. */
const JOINS = new Set(['&&', '||', '!_', '?:']);
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const;
/** `3 <= x` is told as `x >= 3`. */
const TURNED = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;
/** Brackets around the whole of a side are not in the tree; more than so many are not looked for. */
const BRACKETS_MAX = 8;

type Parses = (source: string) => boolean;

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The place of a node with the brackets that belong to it: the tree of `(a + b) > 3` begins at `a`. Found by trying, with the parser as the judge,
 * because brackets also stand within texts.
 */
const wholeSpan = (source: string, node: SyntaxNode & { readonly end: number }, parses: Parses): Span | null => {
  let { start } = node;
  for (let left = 0; left <= BRACKETS_MAX && start >= 0; left += 1) {
    let { end } = node;
    for (let right = 0; right <= BRACKETS_MAX && end >= 0; right += 1) {
      if (parses(source.slice(start, end))) return { start, end };
      const next = source.indexOf(')', end);
      end = next < 0 ? -1 : next + 1;
    }
    start = start === 0 ? -1 : source.lastIndexOf('(', start - 1);
  }
  return null;
};

const hasEnd = (node: SyntaxNode): node is SyntaxNode & { readonly end: number } =>
  'end' in node && typeof node.end === 'number';

const leavesOf = (node: SyntaxNode): SyntaxNode[] => (JOINS.has(node.op) ? childrenOf(node).flatMap(leavesOf) : [node]);

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';

const comparisonOf = (source: string, node: SyntaxNode, parses: Parses): TermComparison | null => {
  const operator = COMPARISONS.find((one) => one === node.op);
  if (operator === undefined || !Array.isArray(node.args)) return null;
  const [left, right] = node.args as readonly unknown[];
  if (!isNode(left) || !isNode(right) || !hasEnd(left) || !hasEnd(right)) return null;
  const literalRight = right.op === 'value' && isNumber(right.args);
  if (!literalRight && !(left.op === 'value' && isNumber(left.args))) return null;
  const [literal, otherNode] = literalRight ? [right, left] : [left, right];
  const other = wholeSpan(source, otherNode, parses);
  if (other === null) return null;
  return {
    operator: literalRight ? operator : TURNED[operator],
    other: source.slice(other.start, other.end),
    number: Number(literal.args),
    start: literal.start,
    end: literal.end,
  };
};

/** The terms of a parsed condition. `root` is the tree as written: before numbers are rewritten or after, places are the same. */
export const termsOf = (source: string, root: SyntaxNode, parses: Parses): readonly ConditionTerm[] =>
  leavesOf(root).flatMap((node) => {
    const span = hasEnd(node) ? wholeSpan(source, node, parses) : null;
    if (span === null) return [];
    return [{ ...span, text: source.slice(span.start, span.end), comparison: comparisonOf(source, node, parses) }];
  });

/** Plain values only; a duration is its milliseconds. */
export const plainValue = (program: ParseResult, view: object): TermValue | undefined => {
  const value: unknown = program(view);
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Duration) return value.valueOf();
  return value === null || ['string', 'number', 'boolean'].includes(typeof value) ? (value as TermValue) : undefined;
};
