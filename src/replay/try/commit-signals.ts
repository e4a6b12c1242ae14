import type { BranchGraph } from './branch-graph.ts';
import { HISTORY_RULES, isBot, isFix, isRevert, kindOfPath } from './history-rules.ts';
import type { Commit } from './history.ts';

const DAY_MS = 86_400_000;

export interface CommitFacts {
  readonly commit: Commit;
  readonly actorId: string;
  readonly repository: string;
  /** Committer date, made never decreasing over the walk. */
  readonly atMs: number;
  readonly graph: BranchGraph;
}

/**
 * The SIN envelopes a real publisher would send for this commit (contracts 1.1): nothing in them that one could not know. A plain commit gives
 * `commit_pushed` and a `file_edited` for each of its first source files; a merge gives `pr_merged`.
 */
export const signalsOfCommit = (facts: CommitFacts): object[] => {
  const { commit } = facts;
  if (commit.parents.length > 1) return [merged(facts)];
  const marks = { is_fix: isFix(commit), is_revert: isRevert(commit) };
  const kinds = commit.files.map((file) => kindOfPath(file.path));
  const count = (kind: string): number => kinds.filter((one) => one === kind).length;
  const sum = (of: (file: Commit['files'][number]) => number): number => commit.files.reduce((total, file) => total + of(file), 0);
  const pushed = envelope(facts, 'commit_pushed', 'commit', {}, {
    files_changed: commit.files.length,
    source_files: count('source'),
    test_files: count('test'),
    generated_files: count('generated'),
    insertions: sum((file) => file.insertions),
    deletions: sum((file) => file.deletions),
    ...marks,
  });
  const edited = commit.files
    .filter((_, index) => kinds[index] === 'source')
    .slice(0, HISTORY_RULES.max_files_per_commit)
    .map((file, index) => envelope(facts, 'file_edited', `file-${index}`, { file_path: file.path }, marks));
  return [pushed, ...edited];
};

const merged = (facts: CommitFacts): object => {
  const { commits, firstCommittedAtMs } = facts.graph.mergedBy(facts.commit.parents);
  const age = commits === 0 ? 0 : Math.max(0, Math.floor((facts.atMs - firstCommittedAtMs) / DAY_MS));
  return envelope(facts, 'pr_merged', 'merge', {}, { branch_age_days: age, commits });
};

const envelope = (facts: CommitFacts, type: string, part: string, resource: object, payload: object): object => ({
  signal_id: `${facts.commit.id}-${part}`,
  tenant_id: TRY_TENANT,
  environment: 'dev',
  producer_id: 'git-history',
  actor_id: facts.actorId,
  signal_kind: 'event',
  signal_type: type,
  occurred_at: new Date(facts.atMs).toISOString(),
  ingested_at: new Date(facts.atMs).toISOString(),
  resource: { repository: facts.repository, commit: facts.commit.id, ...resource },
  payload: { actor_type: isBot(facts.commit) ? 'service' : 'human', ...payload },
  schema_version: '1.0.0',
});

/** The one tenant of a `try`: it lives in memory and ends with the run. */
export const TRY_TENANT = 'try';
