import { renderTemplates, type Speaker } from './core-content.ts';

/** Advice with its reason. The playbook's static text, which is also what stands when a model is away or fails; without one: nothing. */
export const mentor: Speaker = (_playbook, compiled, environment) => renderTemplates(compiled, environment);
