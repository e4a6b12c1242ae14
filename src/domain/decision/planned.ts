import type { MmmCallToAction, MmmEvidenceLink, MmmSignalInput } from '../../generated/records.ts';
import type { ActorState, SentAction } from '../actor-state.ts';
import type { Card, CardPlace } from '../card.ts';
import type { Assignment } from '../experiment/experiment.ts';
import type { IdPort } from '../ids.ts';
import type { TenantRules } from '../rules.ts';
import type { ActionType, Disposition, SignalResult, Surface, Tier } from '../vocabulary.ts';
import type { WaitingCandidate } from '../waiting.ts';

/**
 * Facts of the moment that are neither the actor's nor the policy's, as they hold for one signal: plain data, recorded with the decision. What the
 * policy says of freezes and the profile of being on call is added when the decision is planned.
 */
export interface ContextFacts {
  readonly incidentActive: boolean;
  readonly freezeActive: boolean;
  readonly onCall: boolean;
  /** The last release of something in the signal's repository failed. */
  readonly releaseFailed?: boolean;
  /** What is behind these, for the trace; the newest of each kind. */
  readonly causes?: readonly ContextCause[];
}

export interface ContextCause {
  readonly kind: 'incident' | 'failed_release';
  readonly id: string;
  /** Null: the whole tenant's. */
  readonly repo: string | null;
}

/** Everything a decision depends on (G3). `rules` null = unknown tenant. */
export interface PlanInput {
  readonly signal: MmmSignalInput;
  readonly state: ActorState;
  readonly rules: TenantRules | null;
  readonly context: ContextFacts;
  readonly decidedAtMs: number;
  readonly ids: IdPort;
  /** For a re-entry: the signals that the waiting candidates came from, by the action id of each; absent for any other signal. */
  readonly originals?: ReadonlyMap<string, MmmSignalInput>;
  /** What concerns each of them now: an incident of its repository is none of the re-entry's. Absent: `context` holds for all. */
  readonly originalContexts?: ReadonlyMap<string, ContextFacts>;
}

/** The gates of design 3.7 in their order, and whether the version is live at all; one file and one pure function each. */
export const GATES = [
  'eligible',
  'signal_quality',
  'consent_and_role',
  'condition',
  'inhibition',
  'action_type',
  'restrictions',
  'preference',
  'safety',
  'quiet_hours',
  'caps',
  'priority',
  'rollout',
] as const;
export type GateName = (typeof GATES)[number];

export type Fact = string | number | boolean | null;

/** What would turn the veto round: a moment, or one fact with the value it needs. */
export interface Flip {
  readonly atMs: number | null;
  readonly change: string | null;
}

export type Verdict =
  | { readonly gate: GateName; readonly pass: true }
  | {
      readonly gate: GateName;
      readonly pass: false;
      readonly code: string;
      readonly facts: Readonly<Record<string, Fact>>;
      readonly flip: Flip | null;
    };

/** One action of one matching playbook. Ends in exactly one disposition with a reason (G5). */
export interface PlannedCandidate {
  readonly actionId: string;
  readonly playbookId: string;
  readonly playbookVersion: number;
  readonly actionType: ActionType;
  readonly tier: Tier;
  readonly disposition: Disposition;
  /** `sent` when delivered, else the code of the first veto. */
  readonly reasonCode: string;
  readonly untilMs: number | null;
  /** What else than time may bring it back before `untilMs`. Absent: nothing. */
  readonly awaits?: 'breakpoint' | undefined;
  readonly continues: string | null;
  readonly verdicts: readonly Verdict[];
}

export interface SurfacePayload {
  readonly variant: 'card' | 'check-summary' | 'notification' | 'digest';
  readonly title: string;
  readonly body: string;
  /** Multipliers only. */
  readonly cta: MmmCallToAction | null;
}

/** An action that will be sent: rendered for each of its surfaces. */
export interface PlannedAction {
  readonly actionId: string;
  readonly playbookId: string;
  readonly playbookVersion: number;
  readonly type: ActionType;
  readonly surfaces: readonly Surface[];
  readonly payloads: Readonly<Partial<Record<Surface, SurfacePayload>>>;
  readonly rationale: {
    readonly summary: string;
    readonly whyRelevant: string;
    readonly evidenceLinks: readonly MmmEvidenceLink[];
    readonly baselineComparison: string | null;
  };
  readonly requiresConsent: boolean;
  readonly dualChannelRequired: boolean;
  readonly actionRef: string | null;
  /** `sha256:` + hex over the canonical JSON of payloads, type, action_ref and consent flags. */
  readonly payloadHash: string;
  /** Why the receiver gets it, in one line: `tests-missing/3: 3 pushes without tests in 7 days`. */
  readonly reason: string;
  readonly optOutHint: string;
  readonly expiresAtMs: number;
  /** The signal it is about: the decision's own, or that of the deferral it continues. */
  readonly about: MmmSignalInput;
  /** Where it is shown as a card of its own, and as which revision. On its other surfaces it is an item of the digest. */
  readonly places: readonly CardPlace[];
}

/** A card that is taken away: its last revision, which says why. */
export interface Fold {
  readonly card: Card;
  /** As they stand afterwards. */
  readonly places: readonly CardPlace[];
  readonly state: 'resolved' | 'withdrawn';
  /** Type of the event, or what withdrew it. */
  readonly why: string;
}

/** What a decision changes besides what it says. */
export interface Upkeep {
  /** Put off: who waits from now on, and the signal to decide it by again. */
  readonly deferred: readonly { readonly waiting: WaitingCandidate; readonly signal: MmmSignalInput }[];
  /** Waited, and has its continuation in this decision. */
  readonly resolved: readonly { readonly actionId: string; readonly disposition: Disposition }[];
  readonly cards: readonly Card[];
  readonly folds: readonly Fold[];
  /** Surfaces on which what was released together is one digest. */
  readonly digests: readonly Surface[];
}

export interface Plan {
  readonly result: SignalResult;
  /** Empty unless `result` is `decided`. */
  readonly candidates: readonly PlannedCandidate[];
  readonly actions: readonly PlannedAction[];
  /** What this decision charges: one entry per sent action. */
  readonly sent: readonly SentAction[];
  /** Which arm of which experiment this decision followed. Absent: none. */
  readonly assignments?: readonly Assignment[];
  readonly roles: readonly string[];
  /** What was away that the decision would have used. Absent: nothing. */
  readonly degraded?: readonly string[];
  /** Absent: nothing. */
  readonly upkeep?: Upkeep;
}
