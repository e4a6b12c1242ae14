import type { ActionType, ActorType, Severity, Surface, Tier } from '../vocabulary.ts';
import type { Condition } from './condition.ts';
import type { Template } from './template.ts';

/** A playbook as written (interface 5), after schema validation: durations are milliseconds, defaults are filled in. Immutable per version. */
export interface Playbook {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly tier: Tier;
  readonly triggers: readonly Trigger[];
  /** CEL source; null = always met. */
  readonly when: string | null;
  readonly limits: PlaybookLimits;
  readonly deferral: PlaybookDeferral;
  readonly actions: readonly PlaybookAction[];
}

export interface PlaybookDeferral {
  readonly mode: 'defer' | 'drop' | 'by_type';
  readonly expiresAfterMs: number;
  /** It is said at a moment between two tasks only (domain/breakpoint.ts), and waits for one. Absent: whenever it comes up. */
  readonly until?: 'breakpoint';
}

export interface Trigger {
  /** Exact, or with a trailing `*`: a prefix. */
  readonly eventType: string;
  readonly sources: readonly string[] | null;
  readonly minSeverity: Severity | null;
  readonly actorTypes: readonly ActorType[] | null;
  readonly actorRoles: readonly string[] | null;
  /** Globs over repo_id. */
  readonly repos: readonly string[] | null;
}

/** Null = no limit of its own (the tenant's quotas always hold). */
export interface PlaybookLimits {
  readonly cooldownMs: number | null;
  /** Cool-down per playbook and subject (R-45 "repeated conditions"): one subject is not nudged about again within this time. */
  readonly subjectCooldownMs: number | null;
  /** Least time since any playbook spoke about the subject: several may have something to say about one file, and one of them is enough. */
  readonly subjectRestMs: number | null;
  readonly perActorPerDay: number | null;
  readonly perRepoPerDay: number | null;
}

export interface PlaybookAction {
  readonly type: ActionType;
  readonly surfaces: readonly Surface[];
  readonly template: { readonly title: string; readonly body: string } | null;
  readonly model: { readonly systemPromptId: string } | null;
  readonly rationale: { readonly whyRelevant: string; readonly evidence: readonly ('signal' | 'recent')[] } | null;
  /** Multiplier only: what Edge or CI would execute. */
  readonly actionRef: string | null;
  readonly dualChannel: boolean;
}

/** A playbook ready to decide with: condition and templates compiled once. */
export interface CompiledPlaybook {
  readonly playbook: Playbook;
  readonly condition: Condition | null;
  readonly actions: readonly CompiledAction[];
  /** Decided and recorded, never sent: as a version beside the published one, or because it is on probation. Absent: live. */
  readonly shadow?: 'mode' | 'probation';
}

export interface CompiledAction {
  readonly action: PlaybookAction;
  readonly title: Template | null;
  readonly body: Template | null;
  readonly whyRelevant: Template | null;
}
