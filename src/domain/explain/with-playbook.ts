import type { PlaybookIndex } from '../playbook/index-of-playbooks.ts';
import type { CompiledPlaybook } from '../playbook/model.ts';
import { triggerMatches } from '../playbook/trigger-match.ts';
import type { TenantRules } from '../rules.ts';

/**
 * The rules with one playbook in another form (same id and tier, so the same place in the order). The index of the others is kept: building it
 * anew for each of the changes that `explain` tries would cost more than all their plans. Ids and digests stay: nothing of this is ever stored.
 */
export const withPlaybook = (rules: TenantRules, changed: CompiledPlaybook): TenantRules => {
  const { id } = changed.playbook;
  const place = rules.playbooks.all.findIndex(({ playbook }) => playbook.id === id);
  const all = rules.playbooks.all.with(place, changed);
  const order = new Map(all.map((one, at) => [one.playbook.id, at]));
  const index: PlaybookIndex = {
    all,
    get: (playbookId) => (playbookId === id ? changed : rules.playbooks.get(playbookId)),
    match: (signal) => {
      const others = rules.playbooks.match(signal).filter(({ playbook }) => playbook.id !== id);
      if (!changed.playbook.triggers.some((trigger) => triggerMatches(trigger, signal))) return others;
      const before = others.findIndex(({ playbook }) => (order.get(playbook.id) ?? 0) > place);
      return before < 0 ? [...others, changed] : others.toSpliced(before, 0, changed);
    },
  };
  return { ...rules, playbooks: index };
};

export const playbookOf = (rules: TenantRules, playbookId: string): CompiledPlaybook | null =>
  rules.playbooks.get(playbookId) ?? null;
