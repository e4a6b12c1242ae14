/**
 * What a receipt may not hold, so that ERIS (contracts 6.3) and the Edge Agent's store (contracts 5.4) accept every one of ours. Both look at the
 * JSON text, so a harmless name such as `token-rotation` is refused too: such text goes in as a digest.
 */
const FORBIDDEN_SUBSTRINGS = ['password', 'secret', 'token', 'api_key', 'ssn', 'credit_card'] as const;

const FORBIDDEN_PATTERNS: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: 'function', pattern: /\bfunction\s+\w*\s*\(/i },
  { name: 'class', pattern: /\bclass\s+\w/i },
  { name: 'import', pattern: /\bimport\b.*\bfrom\b/is },
  { name: 'export', pattern: /\bexport\s/i },
  { name: 'script', pattern: /<\s*script/i },
  { name: 'style', pattern: /<\s*style/i },
  { name: 'social security number', pattern: /\b\d{3}-\d{2}-\d{4}\b/ },
  { name: 'card number', pattern: /\b\d{4}[- ]\d{4}[- ]\d{4}[- ]\d{4}\b/ },
  { name: 'e-mail', pattern: /[^\s@"]+@[^\s@"]+\.[a-z]{2,}/i },
];

/** The names of the rules that the text breaks; empty when ERIS and the Edge Agent would take it. */
export const metadataFaults = (text: string): readonly string[] => {
  const lower = text.toLowerCase();
  return [
    ...FORBIDDEN_SUBSTRINGS.filter((word) => lower.includes(word)),
    ...FORBIDDEN_PATTERNS.filter((rule) => rule.pattern.test(text)).map((rule) => rule.name),
  ];
};

/** Longest free text that goes into a receipt as it is: names and paths, never content. */
const CLEAR_MAX_CHARS = 255;

/** Names come again and again (a tenant, an event type, a playbook): looking each up in fifteen rules was a fiftieth of a decision. */
const REMEMBERED_MAX = 4_096;
const remembered = new Map<string, boolean>();

const mayStand = (text: string): boolean => {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const may = text.length <= CLEAR_MAX_CHARS && metadataFaults(text).length === 0;
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  if (text.length <= CLEAR_MAX_CHARS) remembered.set(text, may);
  return may;
};

/** The text itself when it may stand in a receipt, else its digest: still comparable, never readable. */
export const receiptText = (text: string, sha256: (text: string) => string): string =>
  mayStand(text) ? text : `sha256:${sha256(text)}`;
