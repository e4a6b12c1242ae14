import type { OutputRecord } from '../../pipeline/ports/records.ts';

/** What may have happened to a tenant's configuration; schemas/mmm.admin_config-value says what each tells. */
export const CONFIG_EVENT_TYPES = [
  'tenant.applied',
  'actor.applied',
  'playbook.imported',
  'playbook.published',
  'playbook.deprecated',
  'playbook.rolled_back',
  'playbook.shadow_started',
  'playbook.shadow_stopped',
  'playbook.on_probation',
  'experiment.applied',
  'experiment.activated',
  'experiment.held',
  'experiment.deactivated',
] as const;
export type ConfigEventType = (typeof CONFIG_EVENT_TYPES)[number];

/** How a thing stood; null where it has no such thing, or is not there at all. */
export interface ConfigState {
  readonly version: number | null;
  /** Of the document; it tells two documents apart and nothing of what they say. */
  readonly digest: string | null;
  readonly status: string | null;
}

export const NOT_THERE: ConfigState = { version: null, digest: null, status: null };

/** One change that was made, in the words of the store. Never a document: those hold names of people, and the topic has readers of its own. */
export interface ConfigChange {
  readonly tenantId: string;
  readonly type: ConfigEventType;
  /** Of the tenant, the actor, the playbook or the experiment. */
  readonly id: string;
  readonly before: ConfigState;
  readonly after: ConfigState;
  /** The version whose text a rollback publishes again. */
  readonly repeats: number | null;
  readonly who: string;
  /** The line of mmm_audit that the same transaction writes: one change, one line, one event. */
  readonly auditId: string;
}

/** The record of `mmm.admin_config` for a change, encoded. Not asynchronous: it is asked for inside the transaction of the change. */
export type ConfigRecords = (change: ConfigChange) => OutputRecord;
