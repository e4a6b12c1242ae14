import { RE2JS } from 're2js';

/** Longer patterns are programs; the automaton's size follows the pattern's. */
const PATTERN_MAX_CHARS = 256;
/** Compiled patterns kept: more than the conditions of any tenant hold, and a bound over all tenants of a process. */
const CACHE_MAX = 2_000;

/**
 * Compiled patterns of `matches()`. RE2 follows all alternatives at once, so the time is linear in the text; the evaluator's own engine
 * backtracks (measured: 4 s for 28 characters on `(a+)+$`).
 */
export class LinearRegexes {
  readonly #compiled = new Map<string, RE2JS>();

  /** What is wrong with a pattern, in words; null if it compiles. */
  faultOf(pattern: string): string | null {
    if (pattern.length > PATTERN_MAX_CHARS) return `the pattern of matches() is over ${PATTERN_MAX_CHARS} characters`;
    try {
      this.#get(pattern);
      return null;
    } catch (error) {
      return `the pattern of matches() is not a regular expression: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /** Unanchored, as CEL's `matches`. */
  test(text: string, pattern: string): boolean {
    return this.#get(pattern).matcher(text).find();
  }

  #get(pattern: string): RE2JS {
    const known = this.#compiled.get(pattern);
    if (known !== undefined) return known;
    const compiled = RE2JS.compile(pattern);
    if (this.#compiled.size >= CACHE_MAX) {
      for (const oldest of this.#compiled.keys()) {
        this.#compiled.delete(oldest);
        break;
      }
    }
    this.#compiled.set(pattern, compiled);
    return compiled;
  }
}
