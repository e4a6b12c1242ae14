import type { BranchGraph } from './branch-graph.ts';
import { HISTORY_RULES, isBot, isFix, isRevert, kindOfPath } from './history-rules.ts';
import type { ChangedFile, Commit } from './history.ts';

const DAY_MS = 86_400_000;

export interface CommitFacts {
  readonly commit: Commit;
  readonly tenantId: string;
  readonly actorId: string;
  readonly repository: string;
  /** Committer date, made never decreasing over the walk. */
  readonly atMs: number;
  readonly graph: BranchGraph;
  /** The first commit of this author in a repository that was there before; false where it can not be known (shallow clone). */
  readonly isFirst: boolean;
}

/**
 * The SIN envelopes a real publisher would send for this commit (contracts 1.1): nothing in them that one could not know. A plain commit gives
 * `commit_pushed` and a `file_edited` for each of its first source files; a merge gives `pr_merged`.
 */
export const signalsOfCommit = (facts: CommitFacts): object[] => {
  const { commit } = facts;
  if (commit.parents.length > 1) return [merged(facts)];
  const marks = { is_fix: isFix(commit), is_revert: isRevert(commit) };
  const counted = { source: 0, test: 0, generated: 0, other: 0 };
  const lines = { insertions: 0, deletions: 0 };
  const sources: ChangedFile[] = [];
  for (const file of commit.files) {
    const kind = kindOfPath(file.path);
    counted[kind] += 1;
    lines.insertions += file.insertions;
    lines.deletions += file.deletions;
    if (kind === 'source' && sources.length < HISTORY_RULES.max_files_per_commit) sources.push(file);
  }
  const pushed = envelope(
    facts,
    'commit_pushed',
    'commit',
    {},
    {
      files_changed: commit.files.length,
      source_files: counted.source,
      test_files: counted.test,
      generated_files: counted.generated,
      ...lines,
      ...marks,
      ...(facts.isFirst ? { is_first_contribution: true } : {}),
    },
  );
  const edited = sources.map((file, index) =>
    envelope(facts, 'file_edited', `file-${index}`, { file_path: file.path }, marks),
  );
  return [pushed, ...edited];
};

const merged = (facts: CommitFacts): object => {
  const { commits, firstCommittedAtMs } = facts.graph.mergedBy(facts.commit.parents);
  const age = commits === 0 ? 0 : Math.max(0, Math.floor((facts.atMs - firstCommittedAtMs) / DAY_MS));
  return envelope(facts, 'pr_merged', 'merge', {}, { branch_age_days: age, commits });
};

const envelope = (facts: CommitFacts, type: string, part: string, resource: object, payload: object): object => {
  const at = new Date(facts.atMs).toISOString();
  return {
    signal_id: `${facts.commit.id}-${part}`,
    tenant_id: facts.tenantId,
    environment: 'dev',
    producer_id: 'git-history',
    actor_id: facts.actorId,
    signal_kind: 'event',
    signal_type: type,
    occurred_at: at,
    ingested_at: at,
    resource: { repository: facts.repository, commit: facts.commit.id, ...resource },
    payload: { actor_type: isBot(facts.commit) ? 'service' : 'human', ...payload },
    schema_version: '1.0.0',
  };
};
