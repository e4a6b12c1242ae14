import type { RuleEnvironment } from '../playbook/condition.ts';
import type { CompiledAction, Playbook } from '../playbook/model.ts';
import type { ActionType } from '../vocabulary.ts';
import { type CoreResult, renderPart, type Speaker } from './core-content.ts';
import { mentor } from './mentor.ts';
import { mirror } from './mirror.ts';
import { multiplier } from './multiplier.ts';
import { baselineOf, countedWhy, reasonLine } from './reason.ts';

const SPEAKERS: Readonly<Record<ActionType, Speaker>> = { mirror, mentor, multiplier };

/** The text of one action, or what is missing for it. No action reaches anyone without its reason. */
export const renderCore = (playbook: Playbook, compiled: CompiledAction, environment: RuleEnvironment): CoreResult => {
  const { action } = compiled;
  const said = SPEAKERS[action.type](playbook, compiled, environment);
  if (!said.ok) return said;
  const own = compiled.whyRelevant === null ? null : renderPart(compiled.whyRelevant, 'why_relevant', environment);
  if (own !== null && !own.ok) return own;
  const whyRelevant = own?.text ?? countedWhy(environment);
  const usesRecent = action.rationale?.evidence.includes('recent') ?? action.type === 'mentor';
  return {
    ok: true,
    content: {
      title: said.title,
      body: said.body,
      whyRelevant,
      baselineComparison: usesRecent ? baselineOf(environment) : null,
      reason: reasonLine(playbook, whyRelevant),
      cta: said.cta,
      showWhy: action.type !== 'mirror',
    },
  };
};
