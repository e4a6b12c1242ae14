import type { MmmSignalInput } from '../../generated/records.ts';
import type { RecentSignal } from '../actor-state.ts';

/** What CEL and templates can see (interface 5): no clock, no transport ids. */
export interface RuleEnvironment {
  readonly signal: MmmSignalInput;
  readonly actor: { readonly id: string; readonly type: string; readonly roles: readonly string[] };
  readonly context: {
    readonly repo_id: string | null;
    readonly branch: string | null;
    readonly file_path: string | null;
    readonly incident_active: boolean;
    readonly freeze_active: boolean;
    readonly on_call: boolean;
    /** The last release of something in the signal's repository failed. */
    readonly release_failed: boolean;
  };
  readonly recent: Recent;
}

/** This actor's signals with occurred_at in (t - window, t], t = this signal's, this one included. Windows in ms up to 30 d. Counts saturate at 512. */
export interface Recent {
  count(typeOrPrefix: string, windowMs: number, same: SameField | null): number;
  distinct(field: SameField, typeOrPrefix: string, windowMs: number): number;
  /** Milliseconds since the newest earlier signal of the type (this one excluded), null if none. */
  since(typeOrPrefix: string, same: SameField | null): number | null;
  /** The signals themselves, oldest first: evidence of a rationale. */
  readonly signals: readonly RecentSignal[];
}

export type SameField = 'repo' | 'branch' | 'file' | 'subject';

/** A compiled condition. An error or a missing key means not met, said with its text (interface 5); it never throws. */
export interface Condition {
  readonly source: string;
  evaluate(environment: RuleEnvironment): ConditionResult;
}

export type ConditionResult =
  | { readonly met: true }
  | { readonly met: false; readonly error: null }
  | { readonly met: false; readonly error: string };

export interface ConditionError {
  readonly message: string;
  readonly position: number | null;
}

/** The CEL evaluator as the domain needs it: type-checks and compiles once. */
export interface ConditionCompiler {
  compile(
    source: string,
  ): { readonly ok: true; readonly condition: Condition } | { readonly ok: false; readonly error: ConditionError };
}

/** What a condition reads, for the lint: the evaluator's own check lets a misspelt payload key pass. */
export interface ConditionUses {
  /** Dotted, e.g. `signal.payload.test_files`; the key of `signal.payload["a.b"]` is `a.b`. */
  readonly paths: readonly string[];
  /** Literal event types or prefixes* given to `recent.*`. */
  readonly recentTypes: readonly string[];
  /** `signal.event_type == "x"` and the like: texts compared with a path; `in ["x", "y"]` gives one each. */
  readonly comparisons: readonly { readonly path: string; readonly operator: string; readonly literal: string }[];
  /** What type a path must have for the place it stands in; a payload key of another type makes the condition an error or never met. */
  readonly wanted: readonly WantedType[];
}

export interface WantedType {
  readonly path: string;
  readonly type: 'string' | 'number' | 'boolean';
  readonly operator: string;
}

/** The evaluator as the lint needs it. */
export interface ConditionInspector extends ConditionCompiler {
  inspect(
    source: string,
  ): { readonly ok: true; readonly uses: ConditionUses } | { readonly ok: false; readonly error: ConditionError };
}
