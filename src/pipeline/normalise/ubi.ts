import type { Draft } from './draft.ts';
import { NOTHING_MORE } from './draft.ts';
import type { FieldReader } from './field-reader.ts';
import { addMissing } from './flatten.ts';
import type { FlatPayload } from './flatten.ts';
import { actorTypeOf, severityOf } from './vocabulary.ts';

const WIDER_SCOPES: ReadonlySet<string> = new Set(['team', 'cohort', 'tenant']);

/** UBI's bare BehaviouralSignal (R-1, R-9, contracts 2.1). Only scope `actor` names a person; every other scope, known or not, is context. */
export const normaliseUbi = (fields: FieldReader, receivedAtMs: number): Draft => {
  const { document } = fields;
  const tenantId = fields.id(document['tenant_id'], '$.tenant_id', 'TENANT_MISSING');
  const producerId = fields.id(document['signal_id'], '$.signal_id', 'ID_MISSING');
  const scope = fields.id(document['actor_scope'], '$.actor_scope', 'SCHEMA_VIOLATION').toLowerCase();
  const about = fields.id(document['actor_or_group_id'], '$.actor_or_group_id', 'SCHEMA_VIOLATION');
  const dimension = fields.id(document['dimension'], '$.dimension', 'SCHEMA_VIOLATION').toLowerCase();
  const type = fields.id(document['signal_type'], '$.signal_type', 'SCHEMA_VIOLATION').toLowerCase();
  const occurredAtMs = fields.time(document['created_at'], '$.created_at', receivedAtMs);
  const isPerson = scope === 'actor';
  if (!isPerson && !WIDER_SCOPES.has(scope)) fields.note('actor_scope_unknown');

  const payload: FlatPayload = { dimension, signal_type: type, actor_scope: scope };
  addMissing(payload, 'group_id', isPerson ? null : about);
  addMissing(payload, 'score', fields.optionalNumber(document['score'], '$.score'));
  addMissing(payload, 'status', fields.optionalText(document['status'], '$.status'));
  addMissing(payload, 'evidence_refs', fields.optionalCount(document['evidence_refs'], '$.evidence_refs'));
  addMissing(payload, 'updated_at', fields.optionalText(document['updated_at'], '$.updated_at'));
  addMissing(payload, 'resolved_at', fields.optionalText(document['resolved_at'], '$.resolved_at'));
  return {
    ...NOTHING_MORE,
    tenantId,
    producerId,
    actorId: isPerson ? about : null,
    actorType: fields.mapped(actorTypeOf(document['actor_type']), 'actor_type_unknown'),
    eventType: `ubi.${dimension}.${type}`,
    severity: fields.mapped(severityOf(document['severity']), 'severity_unknown'),
    occurredAtMs,
    payload,
  };
};
