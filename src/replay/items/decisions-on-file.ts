/** A stored decision, as far as it can be published again from. */
export interface DecisionOnFile {
  readonly decisionId: string;
  /** MmmDecision as JSON text. */
  readonly body: string;
  readonly trace: string;
  readonly receiptId: string;
  /** The signed JSON text as published. */
  readonly receipt: string;
}

/** Reads of one tenant at a time (G7). */
export interface DecisionsOnFile {
  /** By decision id; what is not there is left out. */
  decisions(tenantId: string, decisionIds: readonly string[]): Promise<ReadonlyMap<string, DecisionOnFile>>;
  /** Which of these signals the journal knows. */
  knownSignals(tenantId: string, signalIds: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Decisions whose outbox rows may not be published yet: what waits there is not missing. */
export interface WaitingDecisions {
  waiting(tenantId: string): Promise<ReadonlySet<string>>;
}
