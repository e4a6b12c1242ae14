const OPEN = new Set(['(', '[', '{']);
const CLOSE = new Set([')', ']', '}']);

/** Positions of `operator` outside of texts and brackets. */
const places = (source: string, operator: string): readonly number[] => {
  const found: number[] = [];
  let depth = 0;
  let quote: string | null = null;
  for (let at = 0; at < source.length; at += 1) {
    const char = source.charAt(at);
    if (quote !== null) {
      if (char === '\\') at += 1;
      else if (char === quote) quote = null;
    } else if (char === '"' || char === "'") quote = char;
    else if (OPEN.has(char)) depth += 1;
    else if (CLOSE.has(char)) depth -= 1;
    else if (depth === 0 && source.startsWith(operator, at)) {
      found.push(at);
      at += operator.length - 1;
    }
  }
  return found;
};

/** White space outside of texts says nothing in CEL. */
const tidy = (source: string): string =>
  source
    .split(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/)
    .map((part, at) => (at % 2 === 1 ? part : part.replace(/\s+/g, ' ')))
    .join('')
    .trim();

/**
 * The terms of a condition that must all hold: what stands between its outermost `&&`. One with an outermost `||` or `?` is one term, because `&&` binds
 * tighter than both. No parser: it is for showing what changed, and a source that CEL refuses has no terms that anybody compares.
 */
export const conditionTerms = (source: string): readonly string[] => {
  if (places(source, '||').length > 0 || places(source, '?').length > 0) return [tidy(source)];
  const cuts = [...places(source, '&&'), source.length];
  let from = 0;
  return cuts.map((at) => {
    const term = tidy(source.slice(from, at));
    from = at + 2;
    return term;
  });
};
