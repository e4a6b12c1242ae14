import type { ConditionUses, WantedType } from '../../domain/playbook/condition.ts';
import { callOf, childrenOf, isNode, pathOf, textLiteral, walk } from './syntax-tree.ts';
import type { SyntaxNode } from './syntax-tree.ts';

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);
/** `+` also joins texts, so it wants nothing. */
const ARITHMETIC = new Set(['-', '*', '/', '%', '-_']);
const LOGIC = new Set(['&&', '||', '!_']);
const ROOTS = ['signal', 'actor', 'context'];

const isAccess = (node: SyntaxNode | undefined): boolean => node?.op === '.' || node?.op === '[]';

/** The type of a literal, a negative number included; null for anything that is computed. */
const literalType = (node: unknown): WantedType['type'] | null => {
  if (!isNode(node)) return null;
  if (node.op === '-_') return literalType(node.args);
  const type = node.op === 'value' ? typeof node.args : null;
  if (type === 'bigint') return 'number';
  return type === 'string' || type === 'number' || type === 'boolean' ? type : null;
};

/** What a node asks of the paths directly below it. */
const wantedBy = (node: SyntaxNode): readonly WantedType[] => {
  const operands = childrenOf(node);
  const paths = (type: WantedType['type'] | null): readonly WantedType[] =>
    type === null
      ? []
      : operands.flatMap((operand) => {
          const path = pathOf(operand);
          return path === null ? [] : [{ path, type, operator: node.op.replace('_', '') }];
        });
  if (LOGIC.has(node.op)) return paths('boolean');
  if (ARITHMETIC.has(node.op)) return paths('number');
  if (!COMPARISONS.has(node.op)) return [];
  return paths(operands.map(literalType).find((type) => type !== null) ?? null);
};

/** What a condition reads. Only the longest path counts: of `signal.payload.x` not also `signal.payload`. */
export const usesOf = (root: SyntaxNode): ConditionUses => {
  const paths = new Set<string>();
  const recentTypes = new Set<string>();
  const comparisons: { path: string; operator: string; literal: string }[] = [];
  const wanted: WantedType[] = [];
  walk(root, (node, parents) => {
    const parent = parents.at(-1);
    if (isAccess(node)) {
      const path = pathOf(node);
      const longer = parent !== undefined && isAccess(parent) && pathOf(parent) !== null;
      if (path !== null && !longer && ROOTS.some((name) => path.startsWith(`${name}.`))) paths.add(path);
    }
    const call = callOf(node);
    if (call !== null && call.receiver !== null && pathOf(call.receiver) === 'recent') {
      const type = textLiteral(call.args[call.name === 'distinct' ? 1 : 0]);
      if (type !== null) recentTypes.add(type);
    }
    wanted.push(...wantedBy(node));
    if (node.op === 'in' && Array.isArray(node.args)) {
      const [left, list] = node.args as readonly unknown[];
      const path = isNode(left) ? pathOf(left) : null;
      for (const item of path !== null && isNode(list) && list.op === 'list' ? childrenOf(list) : []) {
        const literal = textLiteral(item);
        if (path !== null && literal !== null) comparisons.push({ path, operator: 'in', literal });
      }
    }
    if (COMPARISONS.has(node.op) && Array.isArray(node.args)) {
      const [left, right] = node.args as readonly unknown[];
      for (const [one, other] of [
        [left, right],
        [right, left],
      ]) {
        const path = isNode(one) ? pathOf(one) : null;
        const literal = isNode(other) ? textLiteral(other) : null;
        if (path !== null && literal !== null) comparisons.push({ path, operator: node.op, literal });
      }
    }
  });
  return { paths: [...paths], recentTypes: [...recentTypes], comparisons, wanted };
};
