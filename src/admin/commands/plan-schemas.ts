/** The rule every subject of ours has in the registry. */
export const SUBJECT_COMPATIBILITY = 'BACKWARD';

/** A subject as it should be and as the registry has it. */
export interface SubjectFacts {
  /** With the installation's prefix. */
  readonly subject: string;
  /** Our released versions, oldest first; `held`: the registry has exactly this schema under the subject. */
  readonly versions: readonly { readonly version: number; readonly held: boolean }[];
  /** The subject's own rule, null when it has none. */
  readonly compatibility: string | null;
}

export type SchemaStepKind = 'ok' | 'register' | 'set-compatibility' | 'incompatible';

/** What is to be done, or was done, for one version of one subject. */
export interface SchemaStep {
  readonly kind: SchemaStepKind;
  readonly subject: string;
  readonly version: number;
  /** For people: why it is not ok. */
  readonly detail: string;
}

/**
 * What makes the registry agree with schemas/ for one subject; a second plan after the first was carried out has only `ok`. Only versions after the
 * highest of ours that is held are registered: an earlier one would become its latest and undo the later. `incompatible` is the registry's to say.
 */
export const planSubject = ({ subject, versions, compatibility }: SubjectFacts): readonly SchemaStep[] => {
  const highest = versions.findLastIndex(({ held }) => held);
  const steps = versions.map(({ version, held }, at): SchemaStep => {
    if (at > highest) return { kind: 'register', subject, version, detail: 'not registered' };
    return { kind: 'ok', subject, version, detail: held ? 'registered' : 'a later version is registered' };
  });
  if (compatibility === SUBJECT_COMPATIBILITY) return steps;
  const detail = `${compatibility ?? 'none'} -> ${SUBJECT_COMPATIBILITY}`;
  // After the versions: some registries take no rule for a subject that does not exist.
  return [...steps, { kind: 'set-compatibility', subject, version: versions.at(-1)?.version ?? 0, detail }];
};
