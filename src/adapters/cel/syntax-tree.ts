/** The evaluator's syntax tree as we read and rewrite it. Its own type is a closed read-only union that knows no rewriting. */
export interface SyntaxNode {
  readonly op: string;
  args: unknown;
  readonly start: number;
}

export const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value && typeof value.op === 'string';

/** The nodes directly below: operands, call arguments, list items, map entries. */
export const childrenOf = (node: SyntaxNode): readonly SyntaxNode[] => {
  const found: SyntaxNode[] = [];
  const look = (value: unknown): void => {
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) value.forEach(look);
  };
  look(node.args);
  return found;
};

export const walk = (node: SyntaxNode, visit: (node: SyntaxNode, parents: readonly SyntaxNode[]) => void): void => {
  const down = (at: SyntaxNode, parents: readonly SyntaxNode[]): void => {
    visit(at, parents);
    for (const child of childrenOf(at)) down(child, [...parents, at]);
  };
  down(node, []);
};

/** Name, receiver and arguments of `f(x)` or `r.f(x)`; null for any other node. */
export const callOf = (
  node: SyntaxNode,
): { readonly name: string; readonly receiver: SyntaxNode | null; readonly args: readonly SyntaxNode[] } | null => {
  if ((node.op !== 'call' && node.op !== 'rcall') || !Array.isArray(node.args)) return null;
  const parts: readonly unknown[] = node.args;
  const name = parts[0];
  if (typeof name !== 'string') return null;
  const receiver = node.op === 'rcall' && isNode(parts[1]) ? parts[1] : null;
  const list: unknown = node.op === 'rcall' ? parts[2] : parts[1];
  return { name, receiver, args: Array.isArray(list) ? list.filter(isNode) : [] };
};

export const textLiteral = (node: SyntaxNode | undefined): string | null =>
  node?.op === 'value' && typeof node.args === 'string' ? node.args : null;

/** `signal.payload.test_files`, and `signal.payload["a.b"]` as `signal.payload.a.b`; null if it is no chain of names. */
export const pathOf = (node: SyntaxNode): string | null => {
  if (node.op === 'id') return typeof node.args === 'string' ? node.args : null;
  if ((node.op !== '.' && node.op !== '[]') || !Array.isArray(node.args)) return null;
  const [left, right] = node.args as readonly unknown[];
  const key = isNode(right) ? textLiteral(right) : right;
  const base = isNode(left) ? pathOf(left) : null;
  return base === null || typeof key !== 'string' ? null : `${base}.${key}`;
};
