/**
 * A maintained rule set that tells credentials in text (interface 2b). Asynchronous because such engines are: it is called only for the
 * few texts that `mayHoldSecret` lets through.
 */
export interface SecretScanner {
  /** Cheap (about a microsecond) and without false negatives against `scan`: false means that no rule of the set can match. */
  mayHoldSecret(text: string): boolean;
  /** The name of the first rule that matches one of the texts, null if none does. Never answers with the text itself. */
  scan(texts: readonly string[]): Promise<string | null>;
}
