import { type LogPlace, placeText } from '../../pipeline/replay-marks.ts';
import type { Letter } from './letter.ts';

/** Which letters are meant. What is not given does not restrict. */
export interface LetterFilter {
  readonly code: string | null;
  readonly stage: string | null;
  readonly tenant: string | null;
  readonly sinceMs: number | null;
  /** Exclusive. */
  readonly untilMs: number | null;
  /** Of the letter or of its source; empty: any. */
  readonly places: readonly LogPlace[];
}

export const EVERY_LETTER: LetterFilter = {
  code: null,
  stage: null,
  tenant: null,
  sinceMs: null,
  untilMs: null,
  places: [],
};

const isEqual = (wanted: string | null, found: string | null): boolean => wanted === null || wanted === found;

export const createLetterFilter = (filter: LetterFilter): ((letter: Letter) => boolean) => {
  const places = new Set(filter.places.map(placeText));
  return (letter) =>
    isEqual(filter.code, letter.code) &&
    isEqual(filter.stage, letter.stage) &&
    isEqual(filter.tenant, letter.tenant) &&
    (filter.sinceMs === null || letter.failedAtMs >= filter.sinceMs) &&
    (filter.untilMs === null || letter.failedAtMs < filter.untilMs) &&
    (places.size === 0 || places.has(placeText(letter.source)) || places.has(placeText(letter.at)));
};

/** For the audit and for `--json`. */
export const filterFacts = (filter: LetterFilter): Record<string, string | string[]> => ({
  ...(filter.code === null ? {} : { code: filter.code }),
  ...(filter.stage === null ? {} : { stage: filter.stage }),
  ...(filter.tenant === null ? {} : { tenant: filter.tenant }),
  ...(filter.sinceMs === null ? {} : { since: new Date(filter.sinceMs).toISOString() }),
  ...(filter.untilMs === null ? {} : { until: new Date(filter.untilMs).toISOString() }),
  ...(filter.places.length === 0 ? {} : { places: filter.places.map(placeText) }),
});
