import type { PlaybookVotes } from '../../domain/probation.ts';

/** A published version that people have voted on. */
export interface VotedPlaybook extends PlaybookVotes {
  readonly tenantId: string;
  readonly playbookId: string;
  readonly version: number;
}

/** A version on probation, as decided then. */
export interface ProbationOnFile extends Omit<VotedPlaybook, 'unhappy'> {
  readonly sinceMs: number;
  readonly lowerBound: number;
  readonly owner: string;
  /** No longer published: a later version, or none, has taken its place. */
  readonly published: boolean;
}

/** One action that somebody found not useful. `actorId` only to take it out of the text. */
export interface NotUsefulAction {
  readonly playbookId: string;
  readonly version: number;
  readonly actionType: string;
  readonly actorId: string;
  /** As the reader saw it. */
  readonly title: string;
  readonly reason: string;
}

/** Votes and probation in the store. Throws DATABASE_UNAVAILABLE. */
export interface ProbationReader {
  /** Of all tenants: published versions with votes that are not on probation. */
  votes(): Promise<readonly VotedPlaybook[]>;
  onProbation(tenantId: string): Promise<readonly ProbationOnFile[]>;
  /** Newest first, at most `limit` of each version on probation. */
  notUseful(tenantId: string, limit: number): Promise<readonly NotUsefulAction[]>;
}

export interface ProbationStore extends ProbationReader {
  /** With a line in the audit, told to every process and to `mmm.admin_config`. False: another process was first. */
  putOnProbation(playbook: VotedPlaybook, lowerBound: number): Promise<boolean>;
}
