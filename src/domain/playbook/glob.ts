/** A glob over repo_id: `*` stays within one `/` segment, `**` crosses them, `?` is one character that is no `/`; everything else is literal. */
export interface Glob {
  readonly source: string;
  /** What every match starts with. */
  readonly literalPrefix: string;
  /** True if there is no wildcard: the glob is one exact name. */
  readonly exact: boolean;
  matches(text: string): boolean;
}

type Token = { readonly kind: 'char'; readonly char: string } | { readonly kind: 'one' | 'segment' | 'all' };

const tokensOf = (source: string): readonly Token[] => {
  const tokens: Token[] = [];
  for (let i = 0; i < source.length; i += 1) {
    const char = source.charAt(i);
    if (char === '*') {
      const all = source.charAt(i + 1) === '*';
      tokens.push({ kind: all ? 'all' : 'segment' });
      while (source.charAt(i + 1) === '*') i += 1;
    } else if (char === '?') tokens.push({ kind: 'one' });
    else tokens.push({ kind: 'char', char });
  }
  return tokens;
};

/**
 * All positions are followed at once (text x pattern steps, at most 255 x 255) instead of backtracking or a RegExp: a tenant writes these, and
 * `*a*a*a*b` takes a backtracking matcher seconds.
 */
const run = (tokens: readonly Token[], text: string): boolean => {
  let active: readonly boolean[] = spread(tokens, new Array<boolean>(tokens.length + 1).fill(false), 0);
  for (const char of text) {
    let next: boolean[] = new Array<boolean>(tokens.length + 1).fill(false);
    tokens.forEach((token, at) => {
      if (active[at] !== true) return;
      if (token.kind === 'char' ? token.char === char : token.kind === 'one' && char !== '/')
        next = spread(tokens, next, at + 1);
      else if (token.kind === 'all' || (token.kind === 'segment' && char !== '/')) next = spread(tokens, next, at);
    });
    active = next;
  }
  return active[tokens.length] === true;
};

/** Marks `at` and all that is reachable from it without a character, as a star may stand for nothing. */
const spread = (tokens: readonly Token[], states: boolean[], from: number): boolean[] => {
  for (let at = from; states[at] !== true; at += 1) {
    states[at] = true;
    const kind = tokens[at]?.kind;
    if (kind !== 'segment' && kind !== 'all') break;
  }
  return states;
};

export const compileGlob = (source: string): Glob => {
  const wildcard = source.search(/[*?]/);
  const literalPrefix = wildcard < 0 ? source : source.slice(0, wildcard);
  if (wildcard < 0) return { source, literalPrefix, exact: true, matches: (text) => text === source };
  const tokens = tokensOf(source);
  return {
    source,
    literalPrefix,
    exact: false,
    matches: (text) => text.startsWith(literalPrefix) && run(tokens, text),
  };
};
