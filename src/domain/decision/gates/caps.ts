import { capHit } from '../cap-hit.ts';
import { emptyTally } from '../sent-tally.ts';
import { type Gate, pass, veto } from './gate.ts';

const NOTHING = emptyTally();

/** Have earlier decisions left room (R-45, D-61)? */
export const caps: Gate = (candidate) => {
  const hit = capHit(candidate, candidate.decision.earlier(), NOTHING);
  return hit === null ? pass('caps') : veto('caps', hit.code, hit.facts, hit.flip);
};
