import { renderTemplates, type SaidResult, type Speaker } from './core-content.ts';

const withOffer = (said: SaidResult, actionRef: string | null): SaidResult =>
  said.ok ? { ...said, cta: { label: 'Review and run', action_ref: actionRef, href: null } } : said;

/**
 * An offer: Edge or CI executes `action_ref` after an act of consent, this engine never does. Without a text of its own the offer
 * says what it is in full.
 */
export const multiplier: Speaker = (playbook, compiled, environment) => {
  const { actionRef } = compiled.action;
  const said: SaidResult =
    compiled.title === null && compiled.body === null && actionRef !== null
      ? {
          ok: true,
          title: playbook.name,
          body: `Ready to run on your request: ${actionRef}. It runs only after you agree.`,
          cta: null,
        }
      : renderTemplates(compiled, environment);
  return withOffer(said, actionRef);
};
