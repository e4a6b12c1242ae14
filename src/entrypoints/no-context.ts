import type { ContextFacts } from '../domain/decision/planned.ts';

/** Incidents, freezes and on-call come with the decision issue; until then no gate sees one. */
export const NO_CONTEXT: ContextFacts = { incidentActive: false, freezeActive: false, onCall: false };
