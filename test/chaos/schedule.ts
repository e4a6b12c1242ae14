import { Random } from '../sim/random.ts';
import type { Fault } from './faults/fault.ts';

const STREAM = 9;

/** Each fault once, in an order of the seed's, before any comes again; for as long as one more fits into what is left. */
export function* schedule(seed: number, faults: readonly Fault[], leftSeconds: () => number): Generator<Fault> {
  const random = new Random(seed, STREAM);
  let round: Fault[] = [];
  for (;;) {
    const fits = ({ seconds }: Fault): boolean => seconds < leftSeconds();
    if (!round.some(fits)) round = [...faults];
    const possible = round.filter(fits);
    if (possible.length === 0) return;
    const next = random.pick(possible);
    round = round.filter((one) => one !== next);
    yield next;
  }
}
