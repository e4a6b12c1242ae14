/** A stored decision: the exact text that was published, and whose it is. */
export interface DecisionOnFile {
  readonly decisionId: string;
  readonly actorId: string;
  readonly decidedAtMs: number;
  /** MmmDecision as JSON text. */
  readonly body: string;
}

export interface ReceiptOnFile {
  readonly receiptId: string;
  readonly actorId: string;
  /** The signed JSON text as published: its bytes carry the signature. */
  readonly receipt: string;
}

/** A place in the list: everything after it is older. */
export interface DecisionCursor {
  readonly decidedAtMs: number;
  readonly decisionId: string;
}

export interface DecisionFilter {
  /** Null: of every actor of the tenant. */
  readonly actorId: string | null;
  /** Inclusive; null: no bound. */
  readonly fromMs: number | null;
  /** Exclusive; null: no bound. */
  readonly toMs: number | null;
  readonly after: DecisionCursor | null;
  readonly limit: number;
}

/** Reads decisions and receipts of one tenant at a time (G7: the tenant is an argument of every call). Throws DATABASE_UNAVAILABLE. */
export interface DecisionReader {
  /** Newest first, by (decided at, decision id). At most `limit`. */
  decisions(tenantId: string, filter: DecisionFilter): Promise<readonly DecisionOnFile[]>;
  decision(tenantId: string, decisionId: string): Promise<DecisionOnFile | null>;
  receipt(tenantId: string, receiptId: string): Promise<ReceiptOnFile | null>;
}
