/** One commit as `try` needs it. Times in ms, `zone` as +HH:MM of the author date. */
export interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
  /** After .mailmap. */
  readonly authorName: string;
  readonly authorEmail: string;
  readonly zone: string;
  readonly committedAtMs: number;
  readonly message: string;
  /** Empty for merges. */
  readonly files: readonly ChangedFile[];
}

export interface ChangedFile {
  readonly path: string;
  readonly insertions: number;
  readonly deletions: number;
}

export interface HistorySummary {
  readonly name: string;
  readonly commits: number;
  readonly bare: boolean;
  readonly shallow: boolean;
}

/** Commits reachable from HEAD, oldest first, parents before children. */
export interface HistorySource {
  readonly summary: HistorySummary;
  commits(): AsyncIterable<Commit>;
}
