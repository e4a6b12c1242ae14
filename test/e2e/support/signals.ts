import { randomUUID } from 'node:crypto';

/** Documents as the neighbours send them (contracts 1.1 and 2.1). */
export interface Sent {
  readonly id: string;
  readonly tenantId: string;
  readonly actorId: string;
  readonly key: string;
  readonly value: string;
}

const at = (): string => new Date().toISOString();

export const sinCommit = (actorId: string, tenantId = 'acme', extra: Readonly<Record<string, unknown>> = {}): Sent => {
  const id = randomUUID();
  const document = {
    signal_id: id,
    tenant_id: tenantId,
    environment: 'dev',
    producer_id: 'git-hooks',
    actor_id: actorId,
    signal_kind: 'event',
    signal_type: 'commit_pushed',
    occurred_at: at(),
    ingested_at: at(),
    resource: { repository: 'org/shop', branch: 'main', commit: id.slice(0, 8) },
    payload: { files_changed: 3, source_files: 3, test_files: 0, insertions: 10, deletions: 1 },
    schema_version: '1.0.0',
    ...extra,
  };
  return { id, tenantId, actorId, key: `${tenantId}:${actorId}`, value: JSON.stringify(document) };
};

export const ubiSignal = (actorId: string, tenantId = 'acme'): Sent => {
  const id = randomUUID();
  const document = {
    signal_id: id,
    tenant_id: tenantId,
    actor_scope: 'actor',
    actor_or_group_id: actorId,
    dimension: 'flow',
    signal_type: 'risk',
    score: 71.5,
    severity: 'WARN',
    status: 'active',
    evidence_refs: [],
    created_at: at(),
    updated_at: at(),
  };
  return { id, tenantId, actorId, key: tenantId, value: JSON.stringify(document) };
};

/** `each` commits of each of `actors` actors, interleaved as a busy morning is. */
export const commits = (actors: number, each: number, prefix = 'dev'): Sent[] =>
  Array.from({ length: actors * each }, (_, index) => sinCommit(`${prefix}${index % actors}`));
