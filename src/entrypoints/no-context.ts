import type { ContextFacts } from '../domain/decision/planned.ts';

/** Where nothing is known of the tenant's surroundings but what policy and profile say: planning alone, as the benchmark does. */
export const NO_CONTEXT: ContextFacts = { incidentActive: false, freezeActive: false, onCall: false };
