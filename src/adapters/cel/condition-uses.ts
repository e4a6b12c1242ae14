import type { ConditionUses } from '../../domain/playbook/condition.ts';
import { callOf, isNode, pathOf, textLiteral, walk } from './syntax-tree.ts';
import type { SyntaxNode } from './syntax-tree.ts';

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);
const ROOTS = ['signal', 'actor', 'context'];

const isAccess = (node: SyntaxNode | undefined): boolean => node?.op === '.' || node?.op === '[]';

/** What a condition reads. Only the longest path counts: of `signal.payload.x` not also `signal.payload`. */
export const usesOf = (root: SyntaxNode): ConditionUses => {
  const paths = new Set<string>();
  const recentTypes = new Set<string>();
  const comparisons: { path: string; operator: string; literal: string }[] = [];
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
  return { paths: [...paths], recentTypes: [...recentTypes], comparisons };
};
