import type { Variant } from './cluster.ts';
import { VARIANTS_OF_THE_JOURNAL } from './variants-of-the-journal.ts';
import { VARIANTS_OF_THE_LOG } from './variants-of-the-log.ts';
import { VARIANTS_OF_THE_OUTCOMES } from './variants-of-the-outcomes.ts';
import { VARIANTS_OF_THE_OVERLAP } from './variants-of-the-overlap.ts';

/**
 * The tests of the tester: the engine with one rule of design 3.2 broken, by other ports around the same stages. A simulation that does not find
 * each of them would not find the same fault in the code.
 */
export const VARIANTS: readonly Variant[] = [
  ...VARIANTS_OF_THE_LOG,
  ...VARIANTS_OF_THE_JOURNAL,
  ...VARIANTS_OF_THE_OUTCOMES,
  ...VARIANTS_OF_THE_OVERLAP,
];
