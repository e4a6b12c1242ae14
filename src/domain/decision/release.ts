import type { SentAction } from '../actor-state.ts';
import { continuedActionIdOf, decisionIdOf } from '../ids.ts';
import type { CompiledPlaybook } from '../playbook/model.ts';
import type { TenantRules } from '../rules.ts';
import { severityRank, type Surface, TIERS } from '../vocabulary.ts';
import type { WaitingCandidate } from '../waiting.ts';
import { type CandidateFacts, candidatesOf, type DecisionFacts, decisionFacts } from './candidate-facts.ts';
import { jitterMs, waitingOf } from './deferral.ts';
import { degradedBy } from './degraded.ts';
import { type Disposed, dispositionOf, ended } from './disposition.ts';
import { verdictsOf } from './gates/all-gates.ts';
import { plannedActionOf } from './planned-action.ts';
import type { Plan, PlanInput, PlannedAction, PlannedCandidate, Verdict } from './planned.ts';
import { chargeOf } from './charge.ts';
import { assignmentsOf, type RolledOut, rollOut } from './rollout.ts';
import { addToTally, emptyTally, type SentTally } from './sent-tally.ts';
import { newDraft, showCard, type UpkeepDraft, upkeepOf } from './upkeep.ts';
import { resolverOf } from './waiting-list.ts';

export const DEFERRAL_DUE = 'mmm.deferral_due';

/** Source and type together: a neighbour may call an event what it likes, only the engine itself has this source. */
export const isDeferralDue = ({ source, event_type }: PlanInput['signal']): boolean =>
  source === 'mmm' && event_type === DEFERRAL_DUE;

/**
 * Who waits and is due. All of them whatever the signal names: a group is decided together whichever of its signals comes first, and the others find
 * nothing left. The signal's own time counts too, because the clock of the node that released it may be ahead of ours, and its id is used only once.
 */
export const dueOf = ({
  state,
  signal,
  decidedAtMs,
}: Pick<PlanInput, 'state' | 'signal' | 'decidedAtMs'>): readonly WaitingCandidate[] => {
  const now = Math.max(decidedAtMs, Date.parse(signal.occurred_at) || 0);
  return state.waiting.filter((one) => one.dueMs <= now);
};

interface Released {
  readonly waiting: WaitingCandidate;
  readonly facts: CandidateFacts;
}

/**
 * What ends a promise whatever the gates would say: its time is over, its matter is settled, its playbook is not what it was, or an experiment gives the
 * person another version of it now.
 */
const endOf = (input: PlanInput, rules: TenantRules, one: WaitingCandidate): Disposed | RolledOut => {
  if (input.decidedAtMs >= one.expiresMs) return ended('expired', 'expired');
  if (resolverOf(one, input.state.recent) !== null) return ended('superseded', 'subject_resolved');
  if (rules.playbooks.get(one.playbookId) === undefined) return ended('superseded', 'playbook_deprecated');
  const isPromised = ({ playbook }: CompiledPlaybook): boolean => playbook.version === one.playbookVersion;
  const versions = rules.playbooks.versions(one.playbookId);
  if (!versions.some(isPromised)) return ended('superseded', 'playbook_changed');
  // Erased, or past its retention: without the signal there is nothing to say, and nothing is made up.
  const signal = input.originals?.get(one.actionId);
  if (signal === undefined) return ended('superseded', 'signal_gone');
  const whom = { signal, roles: input.state.profile?.roles ?? [], ids: input.ids };
  const promised = rollOut(versions, rules, whom).find(({ compiled }) => isPromised(compiled));
  return promised ?? ended('superseded', 'playbook_changed');
};

/** By priority, then age, then ids: never by arrival. */
const byPriority = (a: Released, b: Released): number => {
  const keys = ({ waiting, facts }: Released): readonly (number | string)[] => [
    TIERS.indexOf(facts.playbook.tier),
    -facts.triggers.reduce(
      (rank, { minSeverity }) => Math.max(rank, minSeverity === null ? 0 : severityRank(minSeverity)),
      0,
    ),
    -severityRank(facts.decision.signal.severity),
    waiting.sinceMs,
    facts.playbook.id,
    facts.index,
    waiting.actionId,
  ];
  const [left, right] = [keys(a), keys(b)];
  const at = left.findIndex((key, index) => key !== right[index]);
  return at < 0 ? 0 : left[at]! < right[at]! ? -1 : 1;
};

/**
 * What each candidate's gates see of what this decision has given. Candidates of one signal are parts of one nudge, as ever; what another signal was
 * given counts as sent before, because a playbook's cool-down holds between two nudges however long each has waited.
 */
const ledgerOf = (decisions: readonly DecisionFacts[]) => {
  const taken = new Map<DecisionFacts, SentTally>(decisions.map((decision) => [decision, emptyTally()]));
  return {
    takenBy: (decision: DecisionFacts): SentTally => taken.get(decision)!,
    charge: (by: DecisionFacts, sent: SentAction): void => {
      for (const [decision, own] of taken) {
        addToTally(decision === by ? own : decision.earlier(), decision.frame(), sent);
      }
    },
  };
};

/** The waiting candidates that are due, decided again against now (design 3.6). What is released together on one surface is one digest. */
export const planRelease = (input: PlanInput, rules: TenantRules): Plan => {
  const due = dueOf(input);
  if (due.length === 0) return { result: 'no_match', candidates: [], actions: [], sent: [], roles: [] };
  const decisionId = decisionIdOf(input.ids, input.signal.signal_id);
  const draft = newDraft();
  // What is said comes first and in the order of `actions`.
  const said: PlannedCandidate[] = [];
  const held: PlannedCandidate[] = [];
  const end = (one: WaitingCandidate, actionId: string, disposed: Disposed, verdicts: readonly Verdict[]): void => {
    const isSaid = disposed.disposition === 'delivered' || disposed.disposition === 'digested';
    (isSaid ? said : held).push(continuationOf(one, actionId, disposed, verdicts));
    draft.resolved.push({ actionId: one.actionId, disposition: disposed.disposition });
  };

  const released: Released[] = [];
  const rolledOut: RolledOut[] = [];
  const decisions = new Map<string, DecisionFacts>();
  for (const one of due) {
    const found = endOf(input, rules, one);
    if ('disposition' in found) {
      end(one, continuedId(input, decisionId, one), found, []);
      continue;
    }
    rolledOut.push(found);
    released.push({ waiting: one, facts: factsOf(input, rules, decisions, decisionId, one, found) });
  }

  const ledger = ledgerOf([...decisions.values()]);
  const judged: { facts: CandidateFacts; ended: Disposed }[] = [];
  const passed: { one: Released; verdicts: readonly Verdict[]; disposed: Disposed }[] = [];
  const sent: SentAction[] = [];
  for (const one of released.sort(byPriority)) {
    const { facts, waiting } = one;
    const verdicts = verdictsOf(facts, ledger.takenBy(facts.decision));
    const disposed = dispositionOf(verdicts, facts.playbook, facts.compiled.action.type, {
      jitterMs: () => jitterOf(input),
      expiresMs: waiting.expiresMs,
      room: true,
      again: true,
      revises: facts.card !== null,
    });
    judged.push({ facts, ended: disposed });
    if (disposed.disposition === 'delivered') {
      passed.push({ one, verdicts, disposed });
      if (facts.card !== null) continue;
      const charge = chargeOf(facts);
      ledger.charge(facts.decision, charge);
      sent.push(charge);
      continue;
    }
    end(waiting, facts.actionId, disposed, verdicts);
    if (disposed.untilMs !== null) putOffAgain(draft, one, decisionId, disposed);
  }

  draft.digests.push(...digestSurfaces(passed.map(({ one }) => one.facts)));
  const actions = passed.map(({ one, verdicts, disposed }) => {
    const digested = one.facts.card === null && one.facts.surfaces.surfaces.some((s) => draft.digests.includes(s));
    end(one.waiting, one.facts.actionId, digested ? ended('digested', 'sent') : disposed, verdicts);
    return shown(draft, one.facts, decisionId, input);
  });
  return {
    result: 'decided',
    candidates: [...said, ...held],
    actions,
    sent,
    ...assignmentsOf(rolledOut),
    ...degradedBy(judged),
    roles: input.state.profile?.roles ?? [],
    ...upkeepOf(draft),
  };
};

export const continuedId = (input: Pick<PlanInput, 'ids'>, decisionId: string, one: WaitingCandidate): string =>
  continuedActionIdOf(
    input.ids,
    decisionId,
    { playbookId: one.playbookId, version: one.playbookVersion, index: one.actionIndex },
    one.actionId,
  );

export const continuationOf = (
  one: WaitingCandidate,
  actionId: string,
  disposed: Disposed,
  verdicts: readonly Verdict[],
): PlannedCandidate => ({
  actionId,
  playbookId: one.playbookId,
  playbookVersion: one.playbookVersion,
  actionType: one.actionType,
  tier: one.tier,
  ...disposed,
  continues: one.actionId,
  verdicts,
});

export const jitterOf = ({ ids, signal }: Pick<PlanInput, 'ids' | 'signal'>): number =>
  jitterMs(ids, { tenantId: signal.tenant_id, actorId: signal.actor_id ?? '' });

/** Candidates of one signal share its facts. */
const factsOf = (
  input: PlanInput,
  rules: TenantRules,
  decisions: Map<string, DecisionFacts>,
  decisionId: string,
  one: WaitingCandidate,
  { compiled, held }: RolledOut,
): CandidateFacts => {
  const signal = input.originals!.get(one.actionId)!;
  const context = input.originalContexts?.get(one.actionId) ?? input.context;
  const decision =
    decisions.get(signal.signal_id) ?? decisionFacts({ ...input, signal, context }, rules, input.decidedAtMs);
  decisions.set(signal.signal_id, decision);
  const candidate = candidatesOf(decision, compiled, decisionId, input.ids, held)[one.actionIndex]!;
  const breakpointMs = one.breakpointMs ?? candidate.breakpointMs;
  return { ...candidate, actionId: continuedId(input, decisionId, one), breakpointMs };
};

const putOffAgain = (
  draft: UpkeepDraft,
  { waiting, facts }: Released,
  decisionId: string,
  { untilMs, awaits }: Disposed,
): void => {
  const terms = { dueMs: untilMs!, expiresMs: waiting.expiresMs, attempt: waiting.attempt + 1, awaits };
  draft.deferred.push({ waiting: waitingOf(facts, decisionId, terms, waiting), signal: facts.decision.signal });
};

/** Two or more on one surface are one digest there: never a burst. Revisions make no sound and stay what they are. */
const digestSurfaces = (passed: readonly CandidateFacts[]): Surface[] => {
  const fresh = passed.filter(({ card }) => card === null).flatMap(({ surfaces }) => surfaces.surfaces);
  return [...new Set(fresh)].filter((surface) => fresh.filter((one) => one === surface).length > 1);
};

/**
 * An item of a digest has a card like any other, whose first revision the digest is: what ends its subject folds it, and what is said about it next
 * revises it. The digest itself is never said again.
 */
const shown = (draft: UpkeepDraft, facts: CandidateFacts, decisionId: string, input: PlanInput): PlannedAction => {
  const digests = facts.card === null ? draft.digests : [];
  const action = plannedActionOf(facts, decisionId, input.ids, digests);
  const places = showCard(draft, facts, facts.surfaces.surfaces, action.expiresAtMs);
  return { ...action, places: places.filter(({ surface }) => !digests.includes(surface)) };
};
