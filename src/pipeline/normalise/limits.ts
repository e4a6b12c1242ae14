/** Interface 2b, the one table: what a document may be at most. Printed in the README and compared with it by a test. */
export const LIMITS = {
  /** Above the brokers' default for one message (1 MiB) nothing arrives anyway. */
  recordBytes: 1_048_576,
  /** The document itself is level 1. */
  depth: 16,
  /** Over the whole document. */
  keys: 500,
  keyCharacters: 128,
  /** UTF-8. */
  stringBytes: 8_192,
  arrayItems: 1_000,
  idCharacters: 255,
  futureMs: 10 * 60_000,
} as const;

/** Keys that reach an object's prototype when a document is copied carelessly: refused at any depth, whoever copies it later. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
