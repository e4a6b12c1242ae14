import { durationInWords } from '../../domain/playbook/duration.ts';
import { validUntilMs } from './approval.ts';
import type { Ground, PlanDocument, ReplayMode } from './plan-document.ts';
import type { PlanState, StoredPlan } from './plan-store.ts';
import { selectionWords } from './selection.ts';

/** As a person asks for it: a plan that nobody ran in time is expired, whatever else it was. */
export type ShownState = PlanState | 'expired';

export const shownState = (plan: Pick<StoredPlan, 'state' | 'plannedAtMs'>, nowMs: number): ShownState =>
  plan.state !== 'done' && nowMs >= validUntilMs(plan) ? 'expired' : plan.state;

const when = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const DOES: Readonly<Record<ReplayMode, string>> = {
  shadow: 'decides again and tells the difference; nothing can be sent',
  reconcile: 'publishes what the outputs lack of what was decided',
  redeliver: 'sends stored records once more; decides nothing',
};

const LEFT_OUT_WORDS: Readonly<Record<string, string>> = {
  expired: 'expired',
  later_revision: 'overtaken by a later revision of their card',
  aged_out: 'older than their topic keeps',
  still_on_its_way: 'still on their way out of the outbox',
  decision_not_reproducible: 'decisions whose cards can not be made again exactly (rules or journal are gone)',
  withheld: 'whose bytes were withheld (a secret, or too large)',
  opted_out: 'their reader has opted out since',
  snoozed: 'their reader is snoozing',
  answered: 'their reader has answered them',
  quiet_hours: 'it is the quiet time of their reader',
  playbook_deprecated: 'their playbook is no longer in use',
  playbook_on_probation: 'their playbook is on probation: its readers found it not useful',
};

const reasonWords = (reason: string): string =>
  LEFT_OUT_WORDS[reason] ?? reason.replace(/^refused_again_/, 'would only be refused again: ').replaceAll('_', ' ');

export const countWords = (counts: Readonly<Record<string, number>>): string[] =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(
      ([reason, count]) =>
        `${count} ${reason.startsWith('refused_again_') ? reason.replace('refused_again_', 'would only be refused again: ') : reasonWords(reason)}`,
    );

const label = (name: string, text: string): string => `  ${name.padEnd(12)} ${text}`;

const duplicateWords = (mode: ReplayMode, deadLetters: boolean, { duplicates, items }: Ground): string => {
  if (deadLetters)
    return duplicates === 0
      ? 'none: the journal knows none of them'
      : `${duplicates} of ${items} are known to the journal and will come to nothing`;
  if (mode === 'reconcile')
    return 'none in the outputs; a reader that had them before they were lost knows them by their ids';
  return `all ${items}: same ids as before, marked mmm-replay-of`;
};

const sendWords = ({ mode, selection, ratePerSecond, ground }: PlanDocument): string[] => {
  const rate = ratePerSecond ?? 1;
  const topics = Object.entries(ground.byTopic).map(([topic, count]) => `${count} to ${topic}`);
  const letters = selection.deadLetters !== null;
  return [
    label('sends', `${ground.items} record${ground.items === 1 ? '' : 's'}: ${topics.join(', ')}`),
    label('at most', `${rate} a second, about ${durationInWords((ground.items / rate) * 1_000)}`),
    label('duplicates', duplicateWords(mode, letters, ground)),
    ...(ground.late === 0
      ? []
      : [label('too old', `${ground.late} of them: journalled at their own time, they nudge nobody`)]),
    ...(letters || mode === 'reconcile' || ground.items === 0
      ? []
      : [label('checked', 'before each is sent: expiry, opt-out, snooze, quiet hours, answers since')]),
  ];
};

/** What a second person has to see before agreeing. */
export const planLines = (document: PlanDocument, digest: string | null): string[] => {
  const { planId, tenantId, mode, rules, selection, plannedBy, plannedAtMs, ground } = document;
  const leftOut = countWords(ground.leftOut);
  return [
    `${digest === null ? 'Replay' : `Plan ${planId}`}: ${mode} for tenant ${tenantId} (${DOES[mode]})`,
    label('selects', selectionWords(selection).join(', ')),
    label(
      'finds',
      `${ground.selected} ${selection.deadLetters === null ? 'signals' : 'dead letters'}${ground.firstMs === null || ground.lastMs === null ? '' : `; first ${when(ground.firstMs)}, last ${when(ground.lastMs)}`}`,
    ),
    ...(mode === 'shadow'
      ? [
          label(
            'decides',
            `${ground.items} again, ${selection.deadLetters === null ? `by the rules of ${rules ?? 'now'}` : 'as intake would'}, at their own time`,
          ),
        ]
      : sendWords(document)),
    ...leftOut.map((words, at) => label(at === 0 ? 'leaves out' : '', words)),
    ...(digest === null ? [] : [label('digest', digest)]),
    label('planned', `by ${plannedBy}, ${when(plannedAtMs)}; valid until ${when(validUntilMs(document))}`),
  ];
};

/** One line of a list. */
export const planLine = (plan: StoredPlan, document: PlanDocument | null, nowMs: number): string => {
  const { settled } = plan.progress;
  const state = shownState(plan, nowMs);
  const all = document?.ground.items ?? 0;
  const people = plan.approvedBy === null ? `planned by ${plan.plannedBy}` : `${plan.plannedBy} and ${plan.approvedBy}`;
  const far =
    document !== null && document.mode !== 'shadow' && (state === 'running' || settled.upto > 0)
      ? `, ${settled.upto} of ${all} dealt with, ${settled.sent} sent`
      : '';
  return `${plan.planId}  ${state.padEnd(8)}  ${(document?.mode ?? 'altered').padEnd(9)}  ${when(plan.plannedAtMs)}  ${people}${far}`;
};
