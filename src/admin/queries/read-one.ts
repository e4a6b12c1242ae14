import { MmmError } from '../../errors.ts';
import { type Caller, mayReadOthers } from '../ports/caller.ts';
import type { DecisionReader } from '../ports/decision-reader.ts';

/** Every id we give out is a UUID; anything else is not looked for, and is no fault of the caller's shape either (D-88). */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The decision as the JSON text that was published. RESOURCE_NOT_FOUND also for another tenant's or another person's (G7). */
export const readDecision = async (reader: DecisionReader, caller: Caller, decisionId: string): Promise<string> => {
  const found = UUID.test(decisionId) ? await reader.decision(caller.tenantId, decisionId.toLowerCase()) : null;
  return visible(caller, found).body;
};

/** The signed receipt, byte for byte. RESOURCE_NOT_FOUND as above. */
export const readReceipt = async (reader: DecisionReader, caller: Caller, receiptId: string): Promise<string> => {
  const found = UUID.test(receiptId) ? await reader.receipt(caller.tenantId, receiptId.toLowerCase()) : null;
  return visible(caller, found).receipt;
};

const visible = <T extends { readonly actorId: string }>(caller: Caller, found: T | null): T => {
  if (found === null || (found.actorId !== caller.subject && !mayReadOthers(caller)))
    throw new MmmError('RESOURCE_NOT_FOUND');
  return found;
};
