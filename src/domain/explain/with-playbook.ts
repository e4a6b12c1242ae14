import type { PlaybookIndex } from '../playbook/index-of-playbooks.ts';
import type { CompiledPlaybook } from '../playbook/model.ts';
import { triggerMatches } from '../playbook/trigger-match.ts';
import type { TenantRules } from '../rules.ts';

/**
 * The rules with one playbook in another form (same id, version and tier, so the same place in the order). The index of the others is kept: building it
 * anew for each of the changes that `explain` tries would cost more than all their plans. Ids and digests stay: nothing of this is ever stored.
 */
export const withPlaybook = (rules: TenantRules, changed: CompiledPlaybook): TenantRules => {
  const { id } = changed.playbook;
  const isIt = ({ playbook }: CompiledPlaybook): boolean =>
    playbook.id === id && playbook.version === changed.playbook.version;
  const place = rules.playbooks.all.findIndex(isIt);
  const all = rules.playbooks.all.with(place, changed);
  const order = new Map(all.map((one, at) => [one, at]));
  const index: PlaybookIndex = {
    all,
    get: (playbookId) => {
      const live = rules.playbooks.get(playbookId);
      return live !== undefined && isIt(live) ? changed : live;
    },
    versions: (playbookId) => rules.playbooks.versions(playbookId).map((one) => (isIt(one) ? changed : one)),
    match: (signal) => {
      const others = rules.playbooks.match(signal).filter((one) => !isIt(one));
      if (!changed.playbook.triggers.some((trigger) => triggerMatches(trigger, signal))) return others;
      const before = others.findIndex((one) => (order.get(one) ?? 0) > place);
      return before < 0 ? [...others, changed] : others.toSpliced(before, 0, changed);
    },
  };
  return { ...rules, playbooks: index };
};

/** The version that is live for most: the published one; a shadow only where there is nothing else. */
export const playbookOf = (rules: TenantRules, playbookId: string): CompiledPlaybook | null => {
  return rules.playbooks.get(playbookId) ?? rules.playbooks.versions(playbookId)[0] ?? null;
};
