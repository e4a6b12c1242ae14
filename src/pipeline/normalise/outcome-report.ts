import { outcomeFault, type OutcomeReport } from '../../domain/outcome.ts';
import { OUTCOME_RESULTS } from '../../domain/vocabulary.ts';
import type { FieldReader } from './field-reader.ts';

/**
 * An outcome of a delivery (interface 2a), by topic or by HTTP. What the report says alone is checked here, word for word as its sender wrote it (D-14:
 * any text as result, no reason); whether there is such an action is the recording's to find out.
 */
export const readOutcomeReport = (fields: FieldReader, receivedAtMs: number): OutcomeReport => {
  const { document } = fields;
  const tenantId = fields.id(document['tenant_id'], '$.tenant_id', 'TENANT_MISSING');
  const outcomeId = fields.id(document['outcome_id'], '$.outcome_id', 'ID_MISSING');
  const decisionId = fields.id(document['decision_id'], '$.decision_id', 'SCHEMA_VIOLATION');
  const actionId = fields.id(document['action_id'], '$.action_id', 'SCHEMA_VIOLATION');
  const actorId = fields.id(document['actor_id'], '$.actor_id', 'SCHEMA_VIOLATION');
  const result = fields.oneOf(document['result'], '$.result', OUTCOME_RESULTS);
  const reason = fields.optionalText(document['reason'], '$.reason');
  const occurredAtMs = fields.time(document['occurred_at'], '$.occurred_at', receivedAtMs);
  const report = { outcomeId, tenantId, decisionId, actionId, actorId, result, reason, occurredAtMs };
  // The rules of the recording itself, told with the path: what passes here is refused there only for what is on file.
  const fault = fields.fault === null ? outcomeFault(report, receivedAtMs) : null;
  if (fault !== null) fields.fail('SCHEMA_VIOLATION', `$.${fault}`);
  return report;
};
