import { decisionIdOf } from '../ids.ts';
import { resolves } from '../resolution.ts';
import type { TenantRules } from '../rules.ts';
import { ended } from './disposition.ts';
import type { Plan, PlanInput } from './planned.ts';
import { continuationOf, continuedId } from './release.ts';
import { aboutOfSignal } from './subject-resolved.ts';
import { foldCards, newDraft, upkeepOf } from './upkeep.ts';

/**
 * What somebody else ended is over for this actor too: its cards fold, what waits about it is superseded now, with a receipt (design 3.6). Says nothing
 * new and asks no gate. Who has by now nothing open about it gets no decision.
 */
export const planResolved = (input: PlanInput, rules: TenantRules): Plan => {
  const about = aboutOfSignal(input.signal);
  const atMs = Date.parse(input.signal.occurred_at);
  const draft = newDraft();
  foldCards(draft, input, rules);
  const decisionId = decisionIdOf(input.ids, input.signal.signal_id);
  const over = input.state.waiting.filter((one) => atMs >= one.occurredMs && resolves(about, one));
  for (const { actionId } of over) draft.resolved.push({ actionId, disposition: 'superseded' });
  return {
    result: over.length === 0 && draft.folds.length === 0 ? 'no_match' : 'decided',
    candidates: over.map((one) =>
      continuationOf(one, continuedId(input, decisionId, one), ended('superseded', 'subject_resolved'), []),
    ),
    actions: [],
    sent: [],
    roles: input.state.profile?.roles ?? [],
    ...upkeepOf(draft),
  };
};
