import type { Draft } from './draft.ts';
import type { Document, FieldReader } from './field-reader.ts';
import { addMissing, flattenInto } from './flatten.ts';
import type { FlatPayload } from './flatten.ts';
import { actorTypeOf, environmentOf, evaluationPointOf, planeOf, severityOf } from './vocabulary.ts';

/** The names one version of the envelope uses. The first that is present counts. */
interface EnvelopeVersion {
  readonly type: readonly string[];
  readonly time: readonly string[];
  readonly producer: readonly string[];
}

/** SIN's real envelope (contracts 1.1). */
const SIN_1: EnvelopeVersion = {
  type: ['signal_type'],
  time: ['occurred_at', 'ts'],
  producer: ['producer_id'],
};
/** The names of the MMM requirement document (R-5, C-11). */
const MMM_PRD_2: EnvelopeVersion = {
  type: ['event_type'],
  time: ['ts', 'occurred_at'],
  producer: ['source', 'producer_id'],
};

/** SIN wins where both are there: nobody but SIN writes `signal_type`. */
const versionOf = (document: Document): EnvelopeVersion =>
  document['signal_type'] === undefined && document['event_type'] !== undefined ? MMM_PRD_2 : SIN_1;

const nameIn = (document: Document, names: readonly string[]): string =>
  names.find((name) => document[name] !== undefined && document[name] !== null) ?? (names[0] as string);

/** Words of the platform for one thing: the adapters' `push` is what everyone else calls commit_pushed (contracts 1.7). */
const RENAMED: ReadonlyMap<string, string> = new Map([['push', 'commit_pushed']]);

const firstOf = (...values: readonly unknown[]): unknown =>
  values.find((value) => value !== undefined && value !== null && value !== '');

/** PM-3 / SIN envelope (R-5, R-12, C-11, contracts 1). Unknown fields and unknown types are no errors. */
export const normalisePm3 = (fields: FieldReader, receivedAtMs: number): Draft => {
  const { document } = fields;
  const version = versionOf(document);
  if (version === MMM_PRD_2) fields.note('prd_envelope');
  const typeName = nameIn(document, version.type);
  const timeName = nameIn(document, version.time);
  const producerName = nameIn(document, version.producer);

  const tenantId = fields.id(document['tenant_id'], '$.tenant_id', 'TENANT_MISSING');
  const producerId = fields.id(document['signal_id'], '$.signal_id', 'ID_MISSING');
  const type = fields.id(document[typeName], `$.${typeName}`, 'SCHEMA_VIOLATION').toLowerCase();
  const occurredAtMs = fields.time(document[timeName], `$.${timeName}`, receivedAtMs);
  const actorId = fields.optionalId(document['actor_id'], '$.actor_id');
  const resource = fields.optionalDocument(document['resource'], '$.resource');
  const sent = fields.optionalDocument(document['payload'], '$.payload');

  const payload: FlatPayload = {};
  flattenInto(payload, sent, '');
  addMissing(payload, 'producer_id', fields.optionalText(document[producerName], `$.${producerName}`));
  addMissing(payload, 'signal_kind', fields.optionalText(document['signal_kind'], '$.signal_kind'));
  addMissing(payload, 'service_name', fields.optionalText(resource['service_name'], '$.resource.service_name'));
  addMissing(payload, 'module', fields.optionalText(resource['module'], '$.resource.module'));
  addMissing(payload, 'deployment_id', fields.optionalText(resource['deployment_id'], '$.resource.deployment_id'));

  const actorWord = firstOf(
    resource['actor_type'],
    resource['actorType'],
    sent['actor_type'],
    sent['actorType'],
    document['actor_type'],
  );
  const severityWord = firstOf(sent['severity'], sent['log_level'], document['severity']);
  const pointWord = firstOf(document['evaluation_point'], sent['evaluation_point']);
  const build = firstOf(sent['build_id'], sent['build_number']);
  return {
    tenantId,
    producerId,
    actorId,
    actorType: fields.mapped(actorTypeOf(actorWord), 'actor_type_unknown'),
    eventType: RENAMED.get(type) ?? type,
    severity: fields.mapped(severityOf(severityWord), 'severity_unknown'),
    occurredAtMs,
    payload,
    repoId: fields.optionalId(resource['repository'], '$.resource.repository'),
    branch: fields.optionalText(resource['branch'], '$.resource.branch'),
    commit: fields.optionalText(resource['commit'], '$.resource.commit'),
    filePath: fields.optionalText(resource['file_path'], '$.resource.file_path'),
    environment: fields.mapped(
      environmentOf(firstOf(document['environment'], resource['environment'])),
      'environment_unknown',
    ),
    plane: fields.mapped(planeOf(resource['plane']), 'plane_unknown'),
    evaluationPoint: fields.mapped(evaluationPointOf(pointWord), 'evaluation_point_unknown'),
    prNumber: fields.pullRequest(firstOf(resource['pr_id'], sent['pr_number']), '$.resource.pr_id'),
    buildId: typeof build === 'number' ? String(build) : fields.optionalId(build, '$.payload.build_id'),
    incidentId: fields.optionalId(sent['incident_id'], '$.payload.incident_id'),
    surfaceHint: null,
    traceId: fields.optionalText(document['trace_id'], '$.trace_id'),
    spanId: fields.optionalText(document['span_id'], '$.span_id'),
  };
};
