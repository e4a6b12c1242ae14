/** Names whose string value is a credential by what it is called (interface 2b), whatever it looks like. */
const SECRET_WORDS = new Set([
  'password',
  'passwords',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'secrets',
  'token',
  'credential',
  'credentials',
  'apikey',
  'apikeys',
  'authorization',
]);
/** `key` alone is a name for anything (issue keys, cache keys): only with one of these before it. */
const KEY_QUALIFIERS = new Set(['api', 'access', 'secret', 'private', 'signing', 'encryption']);

const words = (name: string): readonly string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');

/**
 * Decided by the last word, because it says what the value is: `client_secret` and `apiKey` hold one, `max_tokens`, `token_count`,
 * `password_policy`, `secret_scanning` and `issue_key` do not.
 */
export const namesSecret = (name: string): boolean => {
  const parts = words(name);
  const last = parts.at(-1);
  if (last === undefined) return false;
  if (SECRET_WORDS.has(last)) return true;
  return (last === 'key' || last === 'keys') && KEY_QUALIFIERS.has(parts.at(-2) ?? '');
};

/** What redaction upstream leaves behind (contracts 1.4) is no secret; an upstream hash is not told from one and is refused. */
const PLACEHOLDER = /^(?:\s*|\*+|x{3,}|[<[({]?\s*(?:redacted|masked|hidden|removed|none|null)\s*[>\])}]?)$/i;
export const isPlaceholder = (value: string): boolean => PLACEHOLDER.test(value);

/** The same rule for text that could not be parsed: a secret-looking name followed by a non-empty string. */
const NAMED_IN_TEXT =
  /"[\w.-]{0,64}(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|credentials?|authorization)"\s{0,8}:\s{0,8}"[^"]/i;
export const textNamesSecret = (text: string): boolean => NAMED_IN_TEXT.test(text);
