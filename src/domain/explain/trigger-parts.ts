import type { MmmSignalInput } from '../../generated/records.ts';
import { withoutPart } from './apply-change.ts';
import type { Trigger } from '../playbook/model.ts';
import { triggerMatches } from '../playbook/trigger-match.ts';
import type { TriggerPart } from './change.ts';

/** Parts that ask about the event itself; who acted is the consent-and-role gate's question. */
export const EVENT_PARTS = ['event_type', 'sources', 'min_severity', 'repos'] as const satisfies readonly TriggerPart[];
type EventPart = (typeof EVENT_PARTS)[number];

export interface FailedPart {
  readonly part: EventPart;
  /** What the trigger asks for, and what the signal has. */
  readonly wanted: string;
  readonly has: string | null;
}

/** Asks for nothing but this part: so the matching itself judges, and no second copy of its rules can differ from it. */
const onlyPart = (trigger: Trigger, part: EventPart): Trigger =>
  EVENT_PARTS.reduce((rest, other) => (other === part ? rest : withoutPart(rest, other)), trigger);

const factsOf = (trigger: Trigger, signal: MmmSignalInput, part: EventPart): Omit<FailedPart, 'part'> => {
  switch (part) {
    case 'event_type':
      return { wanted: trigger.eventType, has: signal.event_type };
    case 'sources':
      return { wanted: (trigger.sources ?? []).join(' '), has: signal.source };
    case 'min_severity':
      return { wanted: trigger.minSeverity ?? '', has: signal.severity };
    case 'repos':
      return { wanted: (trigger.repos ?? []).join(' '), has: signal.repo_id };
  }
};

/** Which parts of a trigger the event does not fit; empty if it fits. */
export const failedPartsOf = (trigger: Trigger, signal: MmmSignalInput): readonly FailedPart[] =>
  EVENT_PARTS.filter((part) => !triggerMatches(onlyPart(trigger, part), signal)).map((part) => ({
    part,
    ...factsOf(trigger, signal, part),
  }));

/** The trigger as if the event fitted it: what is left is who acted. */
export const fittingAnyEvent = (trigger: Trigger): Trigger => EVENT_PARTS.reduce(withoutPart, trigger);
