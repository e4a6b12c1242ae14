import { renderTemplates, type Speaker } from './core-content.ts';

/** Facts, complete as the playbook wrote them: no model text and no advice. */
export const mirror: Speaker = (_playbook, compiled, environment) => renderTemplates(compiled, environment);
