/** The closed word lists of the engine. Foreign words are mapped to these by pipeline/normalise/vocabulary.ts and nowhere else (C-14). */
export const ACTION_TYPES = ['mirror', 'mentor', 'multiplier'] as const;
export type ActionType = (typeof ACTION_TYPES)[number];

export const SURFACES = ['ide', 'ci', 'alert'] as const;
export type Surface = (typeof SURFACES)[number];

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];
/** 0 (info) to 4 (critical). */
export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity);

export const ACTOR_TYPES = ['human', 'ai_agent', 'service'] as const;
export type ActorType = (typeof ACTOR_TYPES)[number];

export const TIERS = ['critical', 'high', 'normal', 'low'] as const;
export type Tier = (typeof TIERS)[number];

export const EVALUATION_POINTS = ['pre-commit', 'pre-merge', 'pre-deploy', 'post-deploy'] as const;
export type EvaluationPoint = (typeof EVALUATION_POINTS)[number];

export const DISPOSITIONS = ['delivered', 'deferred', 'digested', 'superseded', 'expired', 'suppressed'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** How a normalised signal ended (G1). `duplicate` is found before planning and never stored. */
export const SIGNAL_RESULTS = ['no_match', 'context_only', 'late', 'tenant_unknown', 'actor_type', 'decided'] as const;
export type SignalResult = (typeof SIGNAL_RESULTS)[number];

/** What may be reported of an action (interface 2a). */
export const OUTCOME_RESULTS = ['shown', 'ignored', 'dismissed', 'accepted', 'failed'] as const;
export type OutcomeResult = (typeof OUTCOME_RESULTS)[number];
