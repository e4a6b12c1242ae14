import type { RuleEnvironment } from '../playbook/condition.ts';
import type { CompiledAction, Playbook } from '../playbook/model.ts';
import type { ActionType } from '../vocabulary.ts';
import { type CoreResult, renderPart, type Speaker } from './core-content.ts';
import { mentor } from './mentor.ts';
import { mirror } from './mirror.ts';
import { multiplier } from './multiplier.ts';
import { reasonLine } from './reason.ts';

const SPEAKERS: Readonly<Record<ActionType, Speaker>> = { mirror, mentor, multiplier };

/**
 * The text of one action, or what is missing for it. No action reaches anyone without its reason: the playbook's own, else `counted`, which is the
 * same for all candidates of a decision and costs a walk over the recent past.
 */
export const renderCore = (
  playbook: Playbook,
  compiled: CompiledAction,
  environment: RuleEnvironment,
  counted: () => string,
): CoreResult => {
  const { action } = compiled;
  const said = SPEAKERS[action.type](playbook, compiled, environment);
  if (!said.ok) return said;
  const own = compiled.whyRelevant === null ? null : renderPart(compiled.whyRelevant, 'why_relevant', environment);
  if (own !== null && !own.ok) return own;
  const whyRelevant = own?.text ?? counted();
  return {
    ok: true,
    content: {
      title: said.title,
      body: said.body,
      whyRelevant,
      reason: reasonLine(playbook, whyRelevant),
      cta: said.cta,
      showWhy: action.type !== 'mirror',
    },
  };
};
