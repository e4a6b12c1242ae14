import { checkDecisions } from './check-decisions.ts';
import { checkInputs } from './check-inputs.ts';
import { checkOutputs } from './check-outputs.ts';
import type { Remains } from './remains.ts';

/** The invariants I1 to I5, I7, I8 and the guarantees G3, G4 and G5 over what one run has left; I6 and I9 are watched while it runs. */
export const checkRemains = (remains: Remains): void => {
  checkInputs(remains);
  checkOutputs(remains);
  checkDecisions(remains);
};
