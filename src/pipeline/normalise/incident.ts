import type { Draft } from './draft.ts';
import { NOTHING_MORE } from './draft.ts';
import { isDocument } from './field-reader.ts';
import type { Document, FieldReader } from './field-reader.ts';
import { addMissing, flattenInto } from './flatten.ts';
import type { FlatPayload } from './flatten.ts';
import { actorTypeOf, environmentOf, planeOf, severityOf } from './vocabulary.ts';

const STATUSES = ['open', 'mitigated', 'resolved'] as const;

const ownShape = (fields: FieldReader, receivedAtMs: number): Draft => {
  const { document } = fields;
  const tenantId = fields.id(document['tenant_id'], '$.tenant_id', 'TENANT_MISSING');
  const producerId = fields.id(document['event_id'], '$.event_id', 'ID_MISSING');
  const incidentId = fields.id(document['incident_id'], '$.incident_id', 'SCHEMA_VIOLATION');
  const occurredAtMs = fields.time(document['occurred_at'], '$.occurred_at', receivedAtMs);
  const status = fields.oneOf(document['status'], '$.status', STATUSES);
  const severity = document['severity'] ?? '';
  if (severity === '') fields.fail('SCHEMA_VIOLATION', '$.severity is missing; set it to P0, P1, P2 or P3');
  const payload: FlatPayload = { status };
  addMissing(payload, 'incident_id', incidentId);
  addMissing(payload, 'title', fields.optionalText(document['title'], '$.title'));
  addMissing(payload, 'component_id', fields.optionalText(document['component_id'], '$.component_id'));
  addMissing(payload, 'alert_ids', fields.optionalCount(document['alert_ids'], '$.alert_ids'));
  return {
    ...NOTHING_MORE,
    tenantId,
    producerId,
    actorId: fields.optionalId(document['actor_id'], '$.actor_id'),
    actorType: fields.mapped(actorTypeOf(document['actor_type']), 'actor_type_unknown'),
    eventType: `incident.${status}`,
    // An unknown word is info and counted, not refused (D-64).
    severity: fields.mapped(severityOf(severity), 'severity_unknown'),
    occurredAtMs,
    payload,
    repoId: fields.optionalId(document['repo_id'], '$.repo_id'),
    incidentId,
  };
};

/** `alert.created` opens; the others keep their own word, because an acknowledged alert is neither new nor over. */
const STREAM_WORDS: ReadonlyMap<string, string> = new Map([
  ['alert.created', 'open'],
  ['alert.resolved', 'resolved'],
  ['alert.acknowledged', 'acknowledged'],
  ['alert.snoozed', 'snoozed'],
  ['alert.unsnoozed', 'unsnoozed'],
]);

/**
 * An event of the alerting agent stream (contracts 11). It has no id of its own, so its place in the topic is its id: two events of one
 * alert must not become one. Nobody is named in it.
 */
const streamEvent = (fields: FieldReader, alert: Document, receivedAtMs: number): Draft => {
  const { document } = fields;
  const tenantId = fields.id(alert['tenant_id'] ?? document['tenant_id'], '$.alert.tenant_id', 'TENANT_MISSING');
  const alertId = fields.id(alert['alert_id'], '$.alert.alert_id', 'ID_MISSING');
  const sent = fields.id(document['event_type'], '$.event_type', 'SCHEMA_VIOLATION').toLowerCase();
  const occurredAtMs = fields.time(document['timestamp'], '$.timestamp', receivedAtMs);
  const status = STREAM_WORDS.get(sent) ?? sent.replace(/^alert\./, '');
  const incidentId = fields.optionalId(alert['incident_id'], '$.alert.incident_id') ?? alertId;
  const payload: FlatPayload = { status, alert_id: alertId };
  flattenInto(payload, fields.optionalDocument(alert['labels'], '$.alert.labels'), 'labels');
  addMissing(payload, 'incident_id', incidentId);
  addMissing(payload, 'title', fields.optionalText(alert['summary'], '$.alert.summary'));
  addMissing(payload, 'category', fields.optionalText(alert['category'], '$.alert.category'));
  addMissing(payload, 'component_id', fields.optionalText(alert['component_id'], '$.alert.component_id'));
  addMissing(payload, 'source_module', fields.optionalText(alert['source_module'], '$.alert.source_module'));
  return {
    ...NOTHING_MORE,
    tenantId,
    producerId: null,
    actorId: null,
    actorType: 'human',
    eventType: `incident.${status}`,
    severity: fields.mapped(severityOf(alert['severity']), 'severity_unknown'),
    occurredAtMs,
    payload,
    environment: fields.mapped(environmentOf(alert['environment']), 'environment_unknown'),
    plane: fields.mapped(planeOf(alert['plane']), 'plane_unknown'),
    incidentId,
  };
};

/** Incident events (R-3, C-13, interface 2a), ours or the alert stream's. */
export const normaliseIncident = (fields: FieldReader, receivedAtMs: number): Draft => {
  const alert = fields.document['alert'];
  if (fields.document['event_id'] === undefined && isDocument(alert)) return streamEvent(fields, alert, receivedAtMs);
  return ownShape(fields, receivedAtMs);
};
