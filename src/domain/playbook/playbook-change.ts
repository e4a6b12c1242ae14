export type ChangeArea =
  'trigger' | 'condition' | 'limit' | 'deferral' | 'tier' | 'action' | 'surface' | 'text' | 'consent' | 'about';

/** One difference as somebody meets it who gets these nudges or answers for them. */
export interface PlaybookChange {
  readonly area: ChangeArea;
  /** Path into the document. */
  readonly path: string;
  /** Null = not there. */
  readonly before: string | null;
  readonly after: string | null;
  /** A sentence without a full stop. */
  readonly words: string;
}
