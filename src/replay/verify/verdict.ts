/** The first thing that is not as it was: inputs are compared before results, so that a changed policy is not reported as another decision. */
export interface Difference {
  /** `signature`, `receipt field inputs.read_digest`, `playbook large version 3`, `delivery <id>`, ... */
  readonly what: string;
  /** As attested or recomputed: a digest, or the value where that is short. Null: there should be none, or nobody can say. */
  readonly expected: string | null;
  /** As found. Null: it is not there. */
  readonly found: string | null;
  readonly meaning: string;
}

export type NotRecomputed = 'past_retention' | 'erased' | 'not_asked' | 'no_database' | 'other_kind';

export const NOT_RECOMPUTED: Readonly<Record<NotRecomputed, string>> = {
  past_retention: 'past retention',
  erased: 'of erased actors',
  not_asked: 'not asked for more',
  no_database: 'no database',
  other_kind: 'of kinds that decide nothing',
};

export type Verdict =
  | { readonly status: 'verified'; readonly notes: readonly string[] }
  | { readonly status: 'signature_only'; readonly why: NotRecomputed; readonly notes: readonly string[] }
  | { readonly status: 'failed'; readonly difference: Difference };

export const failed = (difference: Difference): Verdict => ({ status: 'failed', difference });

export const signatureOnly = (why: NotRecomputed, ...notes: readonly string[]): Verdict => ({
  status: 'signature_only',
  why,
  notes,
});
