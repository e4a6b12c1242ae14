import { BranchGraph } from './branch-graph.ts';
import { signalsOfCommit } from './commit-signals.ts';
import type { Commit, HistorySource } from './history.ts';

/** The SIN records of one commit, with what the walk knows beside them. */
export interface CommitRecords {
  readonly commit: Commit;
  readonly actorId: string;
  /** Committer date, made never decreasing: event time of all of them. */
  readonly atMs: number;
  /** As a publisher sends them to `pm3.signals.normalized`, oldest first; empty where a shallow clone cut off what the commit changed. */
  readonly envelopes: readonly object[];
}

export interface SinOptions {
  readonly tenantId: string;
  /** Of an author's e-mail address in lower case (of the name, where there is no address). */
  readonly pseudonymOf: (who: string) => string;
}

/** The same person whatever the case of the address. Without any address the name tells people apart: one stand-in would join them all (D-72). */
const whoOf = (commit: Commit): string => (commit.authorEmail.trim() || `name:${commit.authorName}`).toLowerCase();

/**
 * The SIN records of a history: what `try` runs on, and what a publisher would put on Kafka for the same commits. Oldest first; committer dates are
 * made never decreasing, so that a clock that was wrong on one machine can not turn the order round.
 */
export async function* sinRecordsOf(history: HistorySource, options: SinOptions): AsyncGenerator<CommitRecords> {
  const { name, shallow, cutOff } = history.summary;
  const graph = new BranchGraph();
  const authors = new Set<string>();
  let atMs = 0;
  for await (const commit of history.commits()) {
    atMs = Math.max(atMs, commit.committedAtMs);
    graph.add(commit.id, commit.parents, atMs);
    const actorId = options.pseudonymOf(whoOf(commit));
    // Who starts a repository is not welcomed to it.
    const isFirst = !shallow && commit.parents.length === 1 && !authors.has(actorId);
    authors.add(actorId);
    const facts = { commit, tenantId: options.tenantId, actorId, repository: name, atMs, graph, isFirst };
    yield { commit, actorId, atMs, envelopes: cutOff.has(commit.id) ? [] : signalsOfCommit(facts) };
  }
}
