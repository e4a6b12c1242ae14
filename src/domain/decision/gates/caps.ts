import { capHit } from '../cap-hit.ts';
import { emptyTally } from '../sent-tally.ts';
import { type Gate, pass, veto } from './gate.ts';

const NOTHING = emptyTally();

/** Have earlier decisions left room (R-45, D-61)? A revision of a live card is charged nothing (interface 4), so there is nothing to have room for. */
export const caps: Gate = (candidate) => {
  if (candidate.card !== null) return pass('caps');
  const hit = capHit(candidate, candidate.decision.earlier(), NOTHING);
  return hit === null ? pass('caps') : veto('caps', hit.code, hit.facts, hit.flip);
};
