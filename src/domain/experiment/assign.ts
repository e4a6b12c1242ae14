import type { IdPort } from '../ids.ts';
import type { Arm, Experiment } from './experiment.ts';

/** 52 bits, the middle of its interval: never 0, never 1. */
const DIGITS = 13;
const RANGE = 2 ** (4 * DIGITS);

/** A number that this unit has drawn for this arm, evenly between 0 and 1, for ever: its place on the arm's own line. */
const drawOf = (ids: IdPort, parts: readonly string[]): number =>
  (Number.parseInt(ids.sha256(JSON.stringify(parts)).slice(0, DIGITS), 16) + 0.5) / RANGE;

/**
 * The arm of a unit: weighted rendezvous hashing. Each arm's draw, stretched by its weight, is that of an exponential clock that rings at
 * `-ln(draw) / weight`; the first to ring has the unit, which gives every arm exactly its weight of the units. Nothing is stored.
 *
 * Sticky: with other weights a unit moves from arm a to arm b only if b's weight grew by a larger factor than a's. So an arm whose weight grows the most
 * loses nobody, one that shrinks the most gains nobody, between two arms only the difference moves, and an arm that is added or removed moves
 * only those it gains or loses. (One line cut into pieces by weight would move nearly everybody at each cut after the first.)
 */
export const assignArm = (ids: IdPort, tenantId: string, experiment: Experiment, unitId: string): Arm => {
  let best = experiment.arms[0]!;
  let earliest = Infinity;
  for (const arm of experiment.arms) {
    const rings = -Math.log(drawOf(ids, [tenantId, experiment.id, experiment.unit, unitId, arm.name])) / arm.weight;
    // A tie (two draws of 52 bits) goes to the name, so that the order of the arms in the document decides nothing.
    if (rings < earliest || (rings === earliest && arm.name < best.name)) [best, earliest] = [arm, rings];
  }
  return best;
};
