import { faultOfRecentCall } from '../../domain/playbook/recent-arguments.ts';
import { callOf, pathOf, textLiteral, walk } from './syntax-tree.ts';
import type { SyntaxNode } from './syntax-tree.ts';
import type { LinearRegexes } from './linear-regex.ts';

/** Interface 5. Bytes, because that is what is stored and sent. */
export const SOURCE_MAX_BYTES = 2_048;
/** The largest starter condition has 25 nodes; 400 evaluate in about 20 us. */
export const PARSER_LIMITS = {
  maxAstNodes: 400,
  maxDepth: 24,
  maxListElements: 100,
  maxMapEntries: 20,
  maxCallArguments: 8,
};
/** A payload has up to 500 keys (interface 2b): 2 passes of 400 nodes over 500 keys stay in the low milliseconds. */
const COMPREHENSIONS_MAX = 2;

const COMPREHENSIONS = new Set(['all', 'exists', 'exists_one', 'filter']);
/**
 * Not in our language: `map` and `cel.bind` double a list or a text per use (150 uses fit into 2 KB), `bytes` and its `json` parse and copy,
 * `type` and `dyn` defeat the check.
 */
const REFUSED = new Set(['map', 'bind', 'bytes', 'json', 'base64', 'hex', 'type', 'dyn', 'split', 'join']);
const RECENT = new Set(['count', 'distinct', 'since']);

const isRecentMethod = (name: string): name is 'count' | 'distinct' | 'since' => RECENT.has(name);

export interface CostFault {
  readonly message: string;
  readonly position: number;
}

/** What would make an evaluation dear or its answer surprising; null if nothing does. Runs on the tree as written, before it is checked. */
export const costFault = (root: SyntaxNode, regexes: LinearRegexes): CostFault | null => {
  let fault: CostFault | null = null;
  let comprehensions = 0;
  walk(root, (node, parents) => {
    const call = callOf(node);
    if (call === null || fault !== null) return;
    const refuse = (message: string): void => {
      fault = { message, position: node.start };
    };
    if (REFUSED.has(call.name)) return refuse(`${call.name}() is not part of the condition language`);
    if (COMPREHENSIONS.has(call.name) && call.receiver !== null) {
      comprehensions += 1;
      if (comprehensions > COMPREHENSIONS_MAX)
        return refuse(`more than ${COMPREHENSIONS_MAX} uses of all, exists or filter`);
      const within = (parent: SyntaxNode): boolean => {
        const outer = callOf(parent);
        return outer !== null && outer.receiver !== null && COMPREHENSIONS.has(outer.name);
      };
      if (parents.some(within)) return refuse(`${call.name}() within another one`);
    }
    if (call.name === 'matches') {
      const pattern = textLiteral(call.args[0]);
      if (pattern === null) return refuse('the pattern of matches() is not a literal text');
      const wrong = regexes.faultOf(pattern);
      if (wrong !== null) return refuse(wrong);
    }
    if (call.receiver !== null && pathOf(call.receiver) === 'recent' && isRecentMethod(call.name)) {
      const literals = call.args.map(textLiteral);
      if (literals.includes(null)) return refuse(`recent.${call.name} takes literal texts`);
      const wrong = faultOfRecentCall(call.name, literals.map(String));
      if (wrong !== null) return refuse(wrong);
    }
  });
  return fault;
};
