import type { Draft } from './draft.ts';
import { NOTHING_MORE } from './draft.ts';
import type { FieldReader } from './field-reader.ts';
import { addMissing, flattenInto } from './flatten.ts';
import type { FlatPayload } from './flatten.ts';
import { actorTypeOf, evaluationPointOf, severityOf } from './vocabulary.ts';

const SURFACES = ['ide', 'ci'] as const;

/** An explicit evaluate trigger of Edge Agent or CI (R-4, R-11, interface 2a), by topic or by HTTP. */
export const normaliseTrigger = (fields: FieldReader, receivedAtMs: number): Draft => {
  const { document } = fields;
  const tenantId = fields.id(document['tenant_id'], '$.tenant_id', 'TENANT_MISSING');
  const producerId = fields.id(document['trigger_id'], '$.trigger_id', 'ID_MISSING');
  const actorId = fields.id(document['actor_id'], '$.actor_id', 'SCHEMA_VIOLATION');
  const occurredAtMs = fields.time(document['requested_at'], '$.requested_at', receivedAtMs);
  const point = fields.id(document['evaluation_point'], '$.evaluation_point', 'SCHEMA_VIOLATION');
  const surfaceHint = fields.oneOf(document['surface'], '$.surface', SURFACES);
  const evaluationPoint = fields.mapped(evaluationPointOf(point), 'evaluation_point_unknown');
  const payload: FlatPayload = {};
  flattenInto(payload, fields.optionalDocument(document['payload'], '$.payload'), '');
  const pr = document['pr_id'];
  if (typeof pr === 'string') addMissing(payload, 'pr_id', fields.optionalText(pr, '$.pr_id'));
  return {
    ...NOTHING_MORE,
    tenantId,
    producerId,
    actorId,
    actorType: fields.mapped(actorTypeOf(document['actor_type']), 'actor_type_unknown'),
    eventType: `trigger.${evaluationPoint ?? point.toLowerCase()}`,
    severity: fields.mapped(severityOf(document['severity']), 'severity_unknown'),
    occurredAtMs,
    payload,
    repoId: fields.optionalId(document['repo_id'], '$.repo_id'),
    branch: fields.optionalText(document['branch'], '$.branch'),
    commit: fields.optionalText(document['commit'], '$.commit'),
    filePath: fields.optionalText(document['file_path'], '$.file_path'),
    evaluationPoint,
    prNumber: fields.pullRequest(pr, '$.pr_id'),
    surfaceHint,
  };
};
