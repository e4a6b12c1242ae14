import { encodeKeyPart, idFrom, type IdPort } from '../../domain/ids.ts';
import type { MmmEvent } from '../../generated/records.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { RecordCodec } from '../../pipeline/ports/codec.ts';
import type { ConfigChange, ConfigEventType, ConfigRecords } from '../ports/config-change.ts';

export interface ConfigEventDeps {
  readonly codec: Pick<RecordCodec, 'encode' | 'schemaHeader'>;
  readonly ids: IdPort;
  readonly clock: Clock;
}

type Kind = 'tenant' | 'actor' | 'playbook' | 'experiment';

/** The type's first word says what it is about. */
const kindOf = (type: ConfigEventType): Kind => type.slice(0, type.indexOf('.')) as Kind;

/**
 * May happen again to the same version, or to what has none: there the audit line is what tells one change from the next. All others happen once to a
 * version, whoever asks and however often.
 */
const REPEATABLE: ReadonlySet<ConfigEventType> = new Set<ConfigEventType>([
  'actor.applied',
  'playbook.shadow_started',
  'playbook.shadow_stopped',
  'experiment.applied',
  'experiment.activated',
  'experiment.held',
  'experiment.deactivated',
]);

/** A person by an id of ours: their own id is often an address, and erasure can not reach what is in a topic. Who knows the person finds them by it. */
const subjectOf = (ids: IdPort, { tenantId, type, id }: ConfigChange): string =>
  kindOf(type) === 'actor' ? idFrom(ids, 'actor', [tenantId, id]) : id;

/** Tokens of some identity providers have the address as their subject. */
const nameOf = (ids: IdPort, who: string): string => (who.includes('@') ? `sha256:${ids.sha256(who)}` : who);

/** Flat, as the schema has it. The same change gives the same id. */
export const configEventOf = (
  { ids, clock }: Pick<ConfigEventDeps, 'ids' | 'clock'>,
  change: ConfigChange,
): MmmEvent => {
  const { tenantId, type, before, after } = change;
  const id = subjectOf(ids, change);
  const nth = REPEATABLE.has(type) ? change.auditId : null;
  return {
    event_id: idFrom(ids, 'event', ['mmm.admin_config', tenantId, type, id, after.version, after.digest, nth]),
    tenant_id: tenantId,
    timestamp_utc: new Date(clock.now()).toISOString(),
    event_type: type,
    payload: {
      kind: kindOf(type),
      id,
      version: after.version,
      digest: after.digest,
      status: after.status,
      'before.version': before.version,
      'before.digest': before.digest,
      'before.status': before.status,
      repeats: change.repeats,
      changed_by: nameOf(ids, change.who),
      audit_id: change.auditId,
    },
  };
};

export const createConfigRecords =
  ({ codec, ...deps }: ConfigEventDeps): ConfigRecords =>
  (change) => ({
    topic: 'mmm.admin_config',
    key: encodeKeyPart(change.tenantId),
    value: codec.encode('mmm.admin_config', configEventOf(deps, change)),
    headers: { 'mmm-tenant-id': change.tenantId, 'mmm-schema': codec.schemaHeader('mmm.admin_config') },
  });
