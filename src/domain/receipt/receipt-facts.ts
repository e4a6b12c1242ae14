import type { MmmSignalInput } from '../../generated/records.ts';
import type { Plan } from '../decision/planned.ts';
import type { TenantRules } from '../rules.ts';

/** What a decision receipt attests (design 3.8). No clear actor id, e-mail, file text or rendered body can be reached from here on. */
export interface DecisionReceiptFacts {
  readonly receiptId: string;
  readonly decisionId: string;
  readonly signal: MmmSignalInput;
  readonly plan: Plan;
  readonly rules: TenantRules;
  readonly actorRef: string;
  readonly decidedAtMs: number;
  readonly decidedAtMonotonicMs: number;
  /** `sha256:` + hex of the gate trace's canonical JSON. */
  readonly traceDigest: string;
  /** `sha256:` + hex of the recorded inputs, byte for byte as they are stored: whoever changes one of them later breaks it. */
  readonly readDigest: string;
  /** `sha256:` + hex of the actor state the plan read. */
  readonly stateDigest: string;
}
