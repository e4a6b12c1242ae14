import type { RuleEnvironment } from './condition.ts';

/** A compiled logic-less template. A value missing at run time is an answer, never a blank for the reader (interface 5). */
export interface Template {
  readonly source: string;
  /** Paths used, e.g. `signal.payload.files_changed`. */
  readonly variables: readonly string[];
  render(environment: RuleEnvironment): RenderResult;
}

export type RenderResult =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly missing: string };
