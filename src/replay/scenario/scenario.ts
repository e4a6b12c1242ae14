import type { PlaybookVersion } from '../../domain/compile-rules.ts';
import type { GateName } from '../../domain/decision/planned.ts';
import type { Finding } from '../../domain/playbook/finding.ts';
import type { ActionType, OutcomeResult, Surface } from '../../domain/vocabulary.ts';
import type { MmmSignalInput } from '../../generated/records.ts';

/** Scenario files as written (schemas/scenario, which says what each member means), once their shape is checked. */
export interface ScenarioFile {
  /** Name of the file. */
  readonly file: string;
  readonly requirements: readonly string[];
  readonly scenarios: readonly Scenario[];
}

/** One scenario with the file's `given` merged in and its playbooks read. */
export interface Scenario {
  readonly name: string;
  readonly given: ScenarioGiven;
  readonly when: ScenarioWhen;
  readonly then: Expected;
}

/** A signal now; or the time until a moment passes, and `then` is about everything that comes back in it. */
export type ScenarioWhen = { readonly signal: SignalSnippet } | { readonly until: string };

export interface ScenarioGiven {
  readonly at: string;
  readonly tenant: Readonly<Record<string, unknown>>;
  readonly actor: Readonly<Record<string, unknown>> | null;
  readonly context: {
    readonly incident_active?: boolean;
    readonly freeze_active?: boolean;
    readonly on_call?: boolean;
  };
  readonly playbooks: readonly PlaybookVersion[];
  readonly earlier: readonly (EarlierSignal | EarlierOutcome)[];
}

export interface EarlierOutcome {
  readonly at: string;
  readonly outcome: OutcomeSnippet;
}

/** What became of the last thing of its kind that was said, to this actor if one is named. */
export interface OutcomeSnippet {
  readonly playbook: string;
  readonly action: ActionType;
  readonly actor?: string;
  readonly result: OutcomeResult;
  readonly reason?: string;
}

export interface EarlierSignal {
  /** A date-time, `now`, or a distance from `given.at` such as `-2h`. */
  readonly at: string;
  readonly signal: SignalSnippet;
  readonly times?: number;
  readonly every?: string;
}

/** What is not written is ordinary: an event of severity info by a human in `org/app`, now. */
export type SignalSnippet = Pick<MmmSignalInput, 'event_type'> &
  Partial<
    Pick<
      MmmSignalInput,
      | 'tenant_id'
      | 'actor_id'
      | 'actor_type'
      | 'source'
      | 'severity'
      | 'repo_id'
      | 'branch'
      | 'commit'
      | 'file_path'
      | 'environment'
      | 'plane'
      | 'evaluation_point'
      | 'surface_hint'
      | 'payload'
    >
  > & { readonly occurred?: string };

export interface Expected {
  readonly result?: string;
  readonly candidates?: readonly ExpectedCandidate[];
  readonly said?: readonly ExpectedAction[];
}

export interface ExpectedCandidate {
  readonly playbook: string;
  readonly action: ActionType;
  readonly version?: number;
  readonly disposition?: string;
  readonly reason?: string;
  /** When it is deferred: from when it is due, a moment as in `EarlierSignal.at`. */
  readonly until?: string;
  readonly gates?: Readonly<Partial<Record<GateName, string>>>;
}

/** One text, or several: each must be contained. */
export type Texts = string | readonly string[];

export interface ExpectedAction {
  readonly playbook: string;
  readonly action: ActionType;
  readonly surfaces?: readonly Surface[];
  readonly on?: Readonly<Partial<Record<Surface, ExpectedText>>>;
  readonly why?: Texts;
  readonly reason?: Texts;
  readonly baseline?: Texts;
  readonly opt_out?: Texts;
  readonly evidence?: readonly string[];
  readonly requires_consent?: boolean;
  readonly dual_channel?: boolean;
  readonly action_ref?: string | null;
}

export interface ExpectedText {
  readonly title?: Texts;
  readonly body?: Texts;
  readonly without?: Texts;
  readonly variant?: string;
}

/** Where a decision was not as the scenario says. */
export interface Difference {
  /** Path into `then`. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/** `faults`: it could not be run at all (a policy or playbook that can not be used). */
export interface ScenarioResult {
  readonly name: string;
  readonly passed: boolean;
  readonly differences: readonly Difference[];
  readonly faults: readonly Finding[];
}
