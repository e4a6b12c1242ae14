import type { MmmTextRequest } from '../../generated/records.ts';

/**
 * COMPOSE, the model lane: reads `mmm.compose` in a group of its own, so that a slow model never holds DECIDE, and its answers come back as
 * signals. Not built in this release: no playbook action waits for a model, static text is sent (R-32, C-16). The place is fixed here.
 */
export interface TextLane {
  /** Text for one action, or the reason why there is none: then the static template stands. */
  compose(request: MmmTextRequest): Promise<TextAnswer>;
}

export type TextAnswer =
  | {
      readonly status: 'pass' | 'warn';
      readonly title: string;
      readonly body: string;
      readonly riskFlags: readonly string[];
    }
  | { readonly status: 'fail' | 'unavailable'; readonly reason: string };
