import type { MmmSignalInput, MmmSubject } from '../generated/records.ts';

/** What a subject is derived from when the producer named none. */
export type SubjectFacts = Pick<MmmSignalInput, 'repo_id' | 'branch' | 'commit' | 'file_path' | 'payload'>;

/** A signal about nothing in particular still has one card per playbook. */
const GENERAL: MmmSubject = {
  kind: 'general',
  repo_id: null,
  branch: null,
  commit: null,
  pr_number: null,
  build_id: null,
  incident_id: null,
  file_path: null,
};

type Payload = SubjectFacts['payload'];

const textOf = (payload: Payload, key: string): string | null => {
  const value = payload[key];
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : null;
};

const positiveInteger = (payload: Payload, key: string): number | null => {
  const value = Number(textOf(payload, key) ?? 'none');
  return Number.isSafeInteger(value) && value > 0 ? value : null;
};

const kindOf = (subject: Omit<MmmSubject, 'kind'>): string | null => {
  if (subject.incident_id !== null) return 'incident';
  if (subject.pr_number !== null) return 'pull_request';
  if (subject.build_id !== null) return 'build';
  if (subject.file_path !== null) return 'file';
  // The branch before the commit: each push would else be a subject of its own and no cool-down by subject could ever hold.
  if (subject.branch !== null) return 'branch';
  if (subject.commit !== null) return 'commit';
  return subject.repo_id === null ? null : 'repository';
};

/** The subject by the most lasting thing that the signal names; null when it names none. */
export const deriveSubject = (facts: SubjectFacts): MmmSubject | null => {
  const parts = {
    repo_id: facts.repo_id,
    branch: facts.branch,
    commit: facts.commit,
    pr_number: positiveInteger(facts.payload, 'pr_number') ?? positiveInteger(facts.payload, 'pr_id'),
    build_id: textOf(facts.payload, 'build_id'),
    incident_id: textOf(facts.payload, 'incident_id'),
    file_path: facts.file_path,
  };
  const kind = kindOf(parts);
  return kind === null ? null : { kind, ...parts };
};

/** What a signal is about: as normalised, else derived, else `general`. */
export const subjectOf = (signal: SubjectFacts & Pick<MmmSignalInput, 'subject'>): MmmSubject =>
  signal.subject ?? deriveSubject(signal) ?? GENERAL;

const identityOf = (s: MmmSubject): readonly (string | number | null)[] => {
  switch (s.kind) {
    case 'incident':
      return [s.incident_id];
    case 'pull_request':
      return [s.repo_id, s.pr_number];
    case 'build':
      return [s.repo_id, s.build_id];
    case 'file':
      return [s.repo_id, s.file_path];
    case 'branch':
      return [s.repo_id, s.branch];
    case 'commit':
      return [s.repo_id, s.commit];
    case 'repository':
      return [s.repo_id];
    default:
      return [s.repo_id, s.branch, s.commit, s.pr_number, s.build_id, s.incident_id, s.file_path];
  }
};

/** Compact JSON array of kind and identity: two subjects share a key only if they are the same thing. Branch and commit do not part one file from itself. */
export const subjectKeyOf = (subject: MmmSubject): string => JSON.stringify([subject.kind, ...identityOf(subject)]);

/** As `recent` and sent actions keep it: null for `general`, which is no thing that two signals could share. */
export const subjectKeyOfSignal = (signal: SubjectFacts & Pick<MmmSignalInput, 'subject'>): string | null => {
  const subject = subjectOf(signal);
  return subject.kind === 'general' ? null : subjectKeyOf(subject);
};

const FIELDS_OF: Readonly<Record<string, readonly (keyof MmmSubject)[]>> = {
  incident: ['incident_id'],
  pull_request: ['repo_id', 'pr_number'],
  build: ['repo_id', 'build_id'],
  file: ['repo_id', 'file_path'],
  branch: ['repo_id', 'branch'],
  commit: ['repo_id', 'commit'],
  repository: ['repo_id'],
};
const ALL_FIELDS = ['repo_id', 'branch', 'commit', 'pr_number', 'build_id', 'incident_id', 'file_path'] as const;

/** The subject that a key names, with what its identity says and no more; null = `general`. The state of an actor keeps keys only. */
export const subjectOfKey = (key: string | null): MmmSubject => {
  if (key === null) return GENERAL;
  const [kind = '', ...identity] = JSON.parse(key) as [string, ...(string | number | null)[]];
  const fields = FIELDS_OF[kind] ?? ALL_FIELDS;
  return { ...GENERAL, kind, ...Object.fromEntries(fields.map((field, at) => [field, identity[at] ?? null])) };
};
