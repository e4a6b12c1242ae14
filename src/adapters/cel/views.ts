import type { MmmSignalInput } from '../../generated/records.ts';
import type { RuleEnvironment } from '../../domain/playbook/condition.ts';
import { SIGNAL_FIELDS, SUBJECT_FIELDS, isFieldOf } from '../../domain/playbook/signal-view.ts';

// One class per CEL type: the evaluator finds the type of a value by its constructor, and only registered fields can be read.
// A null is left out, so that has() answers whether a value is there.

type Fields = Record<string, unknown>;

const copyPresent = (from: object, to: object): void => {
  for (const [key, value] of Object.entries(from))
    if (value !== null && value !== undefined) (to as Fields)[key] = value;
};

export class SubjectView {
  constructor(subject: object) {
    for (const [key, value] of Object.entries(subject)) {
      if (isFieldOf(SUBJECT_FIELDS, key) && value !== null) (this as Fields)[key] = value;
    }
  }
}

export class SignalView {
  readonly payload: MmmSignalInput['payload'];
  readonly subject: SubjectView | undefined;

  constructor(signal: MmmSignalInput) {
    this.payload = signal.payload;
    this.subject = signal.subject === null ? undefined : new SubjectView(signal.subject);
    for (const key of Object.keys(SIGNAL_FIELDS)) {
      const value = (signal as unknown as Fields)[key];
      if (value !== null && value !== undefined) (this as unknown as Fields)[key] = value;
    }
  }
}

export class ActorView {
  constructor(actor: RuleEnvironment['actor']) {
    copyPresent(actor, this);
  }
}

export class ContextView {
  constructor(context: RuleEnvironment['context']) {
    copyPresent(context, this);
  }
}

/** Only a handle: nothing of `recent` is computed until a condition calls it. */
export class RecentView {
  readonly recent: RuleEnvironment['recent'];

  constructor(recent: RuleEnvironment['recent']) {
    this.recent = recent;
  }
}

export interface EnvironmentView {
  readonly signal: SignalView;
  readonly actor: ActorView;
  readonly context: ContextView;
  readonly recent: RecentView;
}

export const viewOf = (environment: RuleEnvironment): EnvironmentView => ({
  signal: new SignalView(environment.signal),
  actor: new ActorView(environment.actor),
  context: new ContextView(environment.context),
  recent: new RecentView(environment.recent),
});
