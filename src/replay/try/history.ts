/** One commit as `try` needs it. Times in ms, `zone` as +HH:MM of the author date. */
export interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
  /** After .mailmap. */
  readonly authorName: string;
  readonly authorEmail: string;
  readonly zone: string;
  readonly committedAtMs: number;
  /** First paragraph of the message on one line; a very long one is cut. */
  readonly subject: string;
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
  /** Id of the oldest commit without parents: names the repository wherever it is cloned. */
  readonly rootId: string;
  readonly bare: boolean;
  readonly shallow: boolean;
  /** Commits whose parents a shallow clone left out: what they changed can not be told. */
  readonly cutOff: ReadonlySet<string>;
}

/** Commits reachable from HEAD, oldest first, parents before children. */
export interface HistorySource {
  readonly summary: HistorySummary;
  commits(): AsyncIterable<Commit>;
}
