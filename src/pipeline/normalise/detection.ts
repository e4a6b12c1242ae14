import { severityRank } from '../../domain/vocabulary.ts';
import type { Severity } from '../../domain/vocabulary.ts';
import type { Draft } from './draft.ts';
import { NOTHING_MORE } from './draft.ts';
import { isDocument } from './field-reader.ts';
import type { Document, FieldReader } from './field-reader.ts';
import { addMissing } from './flatten.ts';
import type { FlatPayload } from './flatten.ts';
import { actorTypeOf, evaluationPointOf, severityOf, surfaceOf } from './vocabulary.ts';

/** "act on high severity only". Below it a detection stays in the journal as context of its tenant and carries nobody to nudge. */
const ACTED_ON_FROM: Severity = 'high';

/** The fields of an alert wherever they stand: our own schema, or a DecisionResponse (contracts 3) with `tenant_id` beside it. */
interface AlertFields {
  readonly at: string;
  readonly id: readonly [unknown, string];
  readonly time: readonly [unknown, string];
  readonly actorId: unknown;
  readonly actorType: unknown;
  readonly body: Document;
  readonly place: Document;
  readonly repoId: unknown;
}

const ownShape = (document: Document): AlertFields => ({
  at: '$',
  id: [document['alert_id'], '$.alert_id'],
  time: [document['occurred_at'], '$.occurred_at'],
  actorId: document['actor_id'],
  actorType: document['actor_type'],
  body: document,
  place: document,
  repoId: document['repo_id'],
});

/** A receipt names no person of its own accord; an `actor_id` in its actor or beside the tenant is taken, a machine's fingerprint is not. */
const decisionResponse = (fields: FieldReader, receipt: Document): AlertFields => {
  const { document } = fields;
  const actor = fields.optionalDocument(receipt['actor'], '$.receipt.actor');
  return {
    at: '$.receipt',
    id: [receipt['receipt_id'], '$.receipt.receipt_id'],
    time: [receipt['timestamp_utc'], '$.receipt.timestamp_utc'],
    actorId: document['actor_id'] ?? actor['actor_id'],
    actorType: document['actor_type'] ?? actor['type'],
    body: receipt,
    place: fields.optionalDocument(receipt['context'], '$.receipt.context'),
    repoId: actor['repo_id'],
  };
};

/** Detection alerts (R-2, R-10, C-13, interface 2a). Severity is the alert's own, else follows from the decision's status. */
export const normaliseDetection = (fields: FieldReader, receivedAtMs: number): Draft => {
  const { document } = fields;
  const receipt = document['receipt'];
  const alert =
    document['alert_id'] === undefined && isDocument(receipt) ? decisionResponse(fields, receipt) : ownShape(document);
  const { at, body, place } = alert;

  const tenantId = fields.id(document['tenant_id'], '$.tenant_id', 'TENANT_MISSING');
  const producerId = fields.id(alert.id[0], alert.id[1], 'ID_MISSING');
  const occurredAtMs = fields.time(alert.time[0], alert.time[1], receivedAtMs);
  const point = fields.id(body['evaluation_point'], `${at}.evaluation_point`, 'SCHEMA_VIOLATION');
  const decision = body['decision'];
  if (!isDocument(decision)) fields.fail('SCHEMA_VIOLATION', `${at}.decision is missing or not an object; set it`);
  const verdict: Document = isDocument(decision) ? decision : {};
  const status = fields.id(verdict['status'], `${at}.decision.status`, 'SCHEMA_VIOLATION').toLowerCase();
  const ownSeverity = document['severity'];
  const hasOwn = ownSeverity !== undefined && ownSeverity !== null && ownSeverity !== '';
  const severity = fields.mapped(severityOf(hasOwn ? ownSeverity : status), 'severity_unknown');
  const actorId = fields.optionalId(alert.actorId, `${at}.actor_id`);

  const payload: FlatPayload = { 'decision.status': status };
  // The rationale is read for its type and left behind: it is prose of another service, and a signal is metadata.
  fields.optionalText(verdict['rationale'], `${at}.decision.rationale`);
  addMissing(payload, 'decision.badges', fields.optionalCount(verdict['badges'], `${at}.decision.badges`));
  addMissing(payload, 'confidence', fields.optionalNumber(document['confidence'], '$.confidence'));
  addMissing(payload, 'evidence_handles', fields.optionalCount(body['evidence_handles'], `${at}.evidence_handles`));
  const pr = place['pr_id'];
  if (typeof pr === 'string') addMissing(payload, 'pr_id', fields.optionalText(pr, `${at}.pr_id`));
  return {
    ...NOTHING_MORE,
    tenantId,
    producerId,
    actorId: severityRank(severity) >= severityRank(ACTED_ON_FROM) ? actorId : null,
    actorType: fields.mapped(actorTypeOf(alert.actorType), 'actor_type_unknown'),
    eventType: `detection.${status}`,
    severity,
    occurredAtMs,
    payload,
    repoId: fields.optionalId(alert.repoId, `${at}.repo_id`),
    branch: fields.optionalText(place['branch'], `${at}.branch`),
    commit: fields.optionalText(place['commit'], `${at}.commit`),
    filePath: fields.optionalText(place['file_path'], `${at}.file_path`),
    evaluationPoint: fields.mapped(evaluationPointOf(point), 'evaluation_point_unknown'),
    prNumber: fields.pullRequest(pr, `${at}.pr_id`),
    surfaceHint: surfaceOf(place['surface']).word,
  };
};
