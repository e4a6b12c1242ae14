import type { Severity } from '../vocabulary.ts';

/**
 * One change of one fact, as plain data: it is stored, shown and applied again (`applyChange`). Only what a decision reads is in it, so that a
 * named change can always be tried.
 */
export type Change =
  | PreferenceChange
  | TimeChange
  | { readonly kind: 'severity'; readonly to: Severity }
  | LimitChange
  | ConditionChange
  | { readonly kind: 'context'; readonly fact: string }
  | { readonly kind: 'role'; readonly role: string }
  | SignalChange
  | PolicyChange
  | TriggerChange;
export type ChangeKind = Change['kind'];

/** `snooze_until`: lifted. `opt_out`: without this category. `preferred_surfaces`: with this surface as well. */
export interface PreferenceChange {
  readonly kind: 'preference';
  readonly field: 'snooze_until' | 'opt_out' | 'preferred_surfaces';
  readonly value: string | number;
}

/** `decision`: the same event, decided at this moment. `event`: it happens so much later and is decided at this moment. */
export interface TimeChange {
  readonly kind: 'time';
  readonly moves: 'decision' | 'event';
  readonly atMs: number;
}

export const TENANT_LIMITS = [
  'max_actions_per_day',
  'max_actions_per_hour',
  'per_repo_per_day',
  'max_lateness',
] as const;
export const PLAYBOOK_LIMITS = [
  'cooldown',
  'subject_cooldown',
  'subject_rest',
  'per_actor_per_day',
  'per_repo_per_day',
] as const;
export type TenantLimit = (typeof TENANT_LIMITS)[number] | `reserve.${string}`;
export type PlaybookLimit = (typeof PLAYBOOK_LIMITS)[number];

/** Durations in ms; null: without this limit. */
export type LimitChange =
  | {
      readonly kind: 'limit';
      readonly playbookId: null;
      readonly limit: TenantLimit;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly kind: 'limit';
      readonly playbookId: string;
      readonly limit: PlaybookLimit;
      readonly from: number;
      readonly to: number | null;
    };

/** The text from `start` to `end` of the playbook's `when` reads `to` instead of `from`. */
export interface ConditionChange {
  readonly kind: 'condition';
  readonly playbookId: string;
  /** The term it is about, and the value of its other side where it is a comparison with a number. */
  readonly term: string;
  readonly value: number | null;
  readonly start: number;
  readonly end: number;
  readonly from: string;
  readonly to: string;
}

export interface SignalChange {
  readonly kind: 'signal';
  readonly field: 'event_type' | 'source' | 'repo_id' | 'actor_type' | 'surface_hint' | 'confidence';
  readonly to: string | number | null;
}

export type PolicyChange =
  | { readonly kind: 'policy'; readonly field: 'unknown_actors' | 'quiet_hours'; readonly value: null }
  | { readonly kind: 'policy'; readonly field: 'enabled_action_types' | 'enabled_surfaces'; readonly value: string };

export const TRIGGER_PARTS = ['event_type', 'sources', 'min_severity', 'repos', 'actor_types', 'actor_roles'] as const;
export type TriggerPart = (typeof TRIGGER_PARTS)[number];

/** The playbook's trigger of this place no longer asks for this. */
export interface TriggerChange {
  readonly kind: 'trigger';
  readonly playbookId: string;
  readonly trigger: number;
  readonly part: TriggerPart;
}

/**
 * Which of two changes is smaller, by kind: first what the person can undo alone, then what passes by itself or differs from one event to the next,
 * then numbers that somebody has set (a limit, a term of the condition), then facts about the world and the event, then what the tenant and the
 * playbook's author have decided. Within a kind the lesser amount.
 */
export const KIND_ORDER: readonly ChangeKind[] = [
  'preference',
  'time',
  'severity',
  'limit',
  'condition',
  'context',
  'role',
  'signal',
  'policy',
  'trigger',
];
