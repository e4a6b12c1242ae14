import type { RunningExperiment } from './experiment/running.ts';
import type { Freeze } from './freeze.ts';
import type { CompiledInhibition, InhibitionRule } from './inhibition.ts';
import type { PlaybookIndex } from './playbook/index-of-playbooks.ts';
import type { ActionType, Severity, Surface, Tier } from './vocabulary.ts';

/** Local times are minutes after midnight in the actor's zone. start = end: off. May cross midnight. */
export interface QuietHours {
  readonly startMinute: number;
  readonly endMinute: number;
  /** Weekday form: overrides the window on that local day. */
  readonly days: Readonly<
    Partial<Record<Weekday, 'all' | 'none' | { readonly startMinute: number; readonly endMinute: number }>>
  >;
}
export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

export interface Quotas {
  readonly maxActionsPerDay: number;
  readonly maxActionsPerHour: number;
  readonly perRepoPerDay: number;
  /** Absent: an action type has no cap of its own. */
  readonly perTypePerDay?: Readonly<Partial<Record<ActionType, number>>>;
}

/** The tenant's policy, parsed. Absent lists are null (= all), empty lists mean none (C-24). */
export interface TenantPolicy {
  readonly tenantId: string;
  readonly version: number;
  readonly timeZone: string;
  readonly unknownActors: 'allow' | 'deny';
  readonly enabledActionTypes: readonly ActionType[] | null;
  readonly enabledSurfaces: readonly Surface[] | null;
  readonly quotas: Quotas;
  readonly quietHours: QuietHours;
  readonly reserve: { readonly tiers: Readonly<Partial<Record<Tier, number>>>; readonly releaseLastMs: number };
  readonly maxLatenessMs: number;
  /** How long a dismissed advice stays away from its actor: about the same subject, and about anything. */
  readonly dismissalMemory: { readonly subjectMs: number; readonly anywhereMs: number };
  readonly approverRoles: readonly string[];
  readonly safetyCritical: boolean;
  readonly inhibitions: readonly InhibitionRule[];
  readonly freezes: readonly Freeze[];
  /** Incidents below it mute nothing. */
  readonly incidentMinSeverity: Severity;
}

/** Everything of a tenant that a decision reads, compiled, immutable, identified by its digest (G3, D-48: a digest of content, never of an id). */
export interface TenantRules {
  readonly policy: TenantPolicy;
  readonly playbooks: PlaybookIndex;
  /** By playbook id. */
  readonly experiments: ReadonlyMap<string, RunningExperiment>;
  /** In the policy's order. */
  readonly inhibitions: readonly CompiledInhibition[];
  /** `policy:<tenant>:<version>` and one `<playbook>@<version>` per published playbook, sorted. */
  readonly policyVersionIds: readonly string[];
  readonly policySnapshotId: string;
  /** `sha256:` + hex over the canonical JSON of policy and playbooks. */
  readonly snapshotHash: string;
  readonly recorded: RecordedRules;
}

/**
 * What every decision records of its rules besides their names and `snapshot_hash`, made once a snapshot: without it a changed document could only be told
 * as one of many, and what is not versioned (experiments, probation) not be had again at all.
 */
export interface RecordedRules {
  /** For each name of `policyVersionIds`, in their order: the first 16 hex digits of the digest of its document. They name, `snapshotHash` proves. */
  readonly rules_digests: string;
  /** `<playbook>@<version>`; absent: none. */
  readonly on_probation?: readonly string[];
  /** Absent: none. */
  readonly experiments?: readonly RunningExperiment[];
}
