import type { Draft } from './draft.ts';
import { NOTHING_MORE } from './draft.ts';
import type { FieldReader } from './field-reader.ts';
import { addMissing } from './flatten.ts';
import type { FlatPayload } from './flatten.ts';
import { actorTypeOf, environmentOf, severityOf } from './vocabulary.ts';

const STATUSES = ['started', 'succeeded', 'failed', 'rolled_back'] as const;

/** Release events (R-3, C-13, interface 2a). Without a severity of its own a release is info, whatever its status. */
export const normaliseRelease = (fields: FieldReader, receivedAtMs: number): Draft => {
  const { document } = fields;
  const tenantId = fields.id(document['tenant_id'], '$.tenant_id', 'TENANT_MISSING');
  const producerId = fields.id(document['event_id'], '$.event_id', 'ID_MISSING');
  const occurredAtMs = fields.time(document['occurred_at'], '$.occurred_at', receivedAtMs);
  const status = fields.oneOf(document['status'], '$.status', STATUSES);
  const payload: FlatPayload = { status };
  addMissing(payload, 'service', fields.optionalText(document['service'], '$.service'));
  addMissing(payload, 'version', fields.optionalText(document['version'], '$.version'));
  addMissing(payload, 'reason', fields.optionalText(document['reason'], '$.reason'));
  return {
    ...NOTHING_MORE,
    tenantId,
    producerId,
    actorId: fields.optionalId(document['actor_id'], '$.actor_id'),
    actorType: fields.mapped(actorTypeOf(document['actor_type']), 'actor_type_unknown'),
    eventType: `release.${status}`,
    severity: fields.mapped(severityOf(document['severity']), 'severity_unknown'),
    occurredAtMs,
    payload,
    repoId: fields.optionalId(document['repo_id'], '$.repo_id'),
    commit: fields.optionalText(document['commit'], '$.commit'),
    environment: fields.mapped(environmentOf(document['environment']), 'environment_unknown'),
  };
};
