/** The only source of time for the stages. `now` is milliseconds since the epoch, `monotonicMs` never goes back. */
export interface Clock {
  now(): number;
  monotonicMs(): number;
}
