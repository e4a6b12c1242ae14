import { capHit } from '../cap-hit.ts';
import { emptyTally } from '../sent-tally.ts';
import { type Gate, pass, veto } from './gate.ts';

const NOTHING = emptyTally();

/**
 * Has this very decision given the last room to a more important candidate? Each one taken is charged before the next is looked at, so
 * caps hold inside one decision too (D-57). Silent where the caps gate has already said that there was no room.
 */
export const priority: Gate = (candidate, taken) => {
  if (candidate.card !== null) return pass('priority');
  if (taken.day === 0 && taken.hour.length === 0) return pass('priority');
  const earlier = candidate.decision.earlier();
  const hit = capHit(candidate, earlier, taken);
  if (hit === null || capHit(candidate, earlier, NOTHING) !== null) return pass('priority');
  return veto('priority', 'outranked', { cap: hit.code, ...hit.facts }, hit.flip);
};
