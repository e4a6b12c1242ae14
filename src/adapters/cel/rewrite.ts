import { LINEAR_MATCHES } from './cel-environment.ts';
import { callOf, childrenOf, isNode } from './syntax-tree.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/** Functions whose own arguments are positions: an int there stays an int. */
const INT_ARGUMENTS = new Set(['substring', 'indexOf', 'lastIndexOf', 'timestamp', 'uint']);

/**
 * Rewrites a parsed tree before it is checked: numbers are doubles (payload numbers come from JSON, and `signal.payload.n == 0` must hold for
 * 0.0), and `matches` is the linear-time one. List positions stay ints.
 */
export const rewrite = (node: SyntaxNode): void => {
  if (node.op === 'value' && typeof node.args === 'bigint') {
    node.args = Number(node.args);
    return;
  }
  const call = callOf(node);
  if (call?.name === 'matches' && Array.isArray(node.args)) node.args[0] = LINEAR_MATCHES;
  const kept = new Set<SyntaxNode>();
  if (call !== null && INT_ARGUMENTS.has(call.name)) for (const arg of call.args) if (arg.op === 'value') kept.add(arg);
  const index: unknown = node.op === '[]' && Array.isArray(node.args) ? node.args[1] : null;
  if (isNode(index) && index.op === 'value') kept.add(index);
  for (const child of childrenOf(node)) if (!kept.has(child)) rewrite(child);
};
