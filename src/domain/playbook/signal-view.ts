import type { MmmSignalInput } from '../../generated/records.ts';

/** The fields of a signal that conditions and templates see (interface 5: without transport ids), with their CEL types. */
export const SIGNAL_FIELDS = {
  tenant_id: 'string',
  actor_id: 'string',
  actor_type: 'string',
  source: 'string',
  event_type: 'string',
  severity: 'string',
  occurred_at: 'string',
  repo_id: 'string',
  branch: 'string',
  commit: 'string',
  file_path: 'string',
  environment: 'string',
  plane: 'string',
  evaluation_point: 'string',
  surface_hint: 'string',
} as const satisfies Partial<Record<keyof MmmSignalInput, 'string'>>;
export type SignalField = keyof typeof SIGNAL_FIELDS;

export const SUBJECT_FIELDS = {
  kind: 'string',
  repo_id: 'string',
  branch: 'string',
  commit: 'string',
  pr_number: 'double',
  build_id: 'string',
  incident_id: 'string',
  file_path: 'string',
} as const;
export type SubjectField = keyof typeof SUBJECT_FIELDS;

export const ACTOR_FIELDS = { id: 'string', type: 'string', roles: 'list<string>' } as const;

export const CONTEXT_FIELDS = {
  repo_id: 'string',
  branch: 'string',
  file_path: 'string',
  incident_active: 'bool',
  freeze_active: 'bool',
  on_call: 'bool',
  release_failed: 'bool',
} as const;
export type ContextField = keyof typeof CONTEXT_FIELDS;

export const isFieldOf = <T extends object>(table: T, name: string): name is Extract<keyof T, string> =>
  Object.hasOwn(table, name);
