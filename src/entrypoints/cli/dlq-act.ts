import { randomUUID } from 'node:crypto';
import { filterFacts } from '../../admin/dead-letters/filter.ts';
import type { Letter } from '../../admin/dead-letters/letter.ts';
import { checkPurge, type PurgePlan } from '../../admin/dead-letters/purge-letters.ts';
import {
  ATTEMPTS_AT_MOST,
  LETTERS_AT_MOST,
  type NotReplayed,
  planReplay,
  type ReplayPlan,
} from '../../admin/dead-letters/replay-letters.ts';
import { MmmError } from '../../errors.ts';
import { placeText } from '../../pipeline/replay-marks.ts';
import type { CliIo } from './command.ts';
import { counted, failIfInterrupted, filterOf, type FilterOptions, withTool } from './dlq-options.ts';
import { operatorName } from './operator.ts';

const WHY_LEFT: Readonly<Record<NotReplayed, string>> = {
  withheld: 'only length and digest were kept (a secret, or too large to copy): send them again at their producer',
  replayed_already: 'replayed before and did not come back (--again sends them once more; decided once all the same)',
  too_many_attempts: `refused ${ATTEMPTS_AT_MOST} times or more: name them by their place to send them all the same`,
  not_an_input: 'of a topic that only the engine writes',
  too_large: 'too large for the topic they came from',
};

const byTopic = (letters: readonly Letter[]): [string, number][] => {
  const counts = new Map<string, number>();
  for (const { source } of letters) counts.set(source.topic, (counts.get(source.topic) ?? 0) + 1);
  return [...counts];
};

const planLines = ({ send, leave, later }: ReplayPlan): string[] => [
  `${counted(send.length, 'refused record')} to replay`,
  ...byTopic(send).map(([topic, count]) => `${String(count).padStart(8)}  to ${topic}`),
  ...(later > 0 ? [`${later} more after them: one run sends ${LETTERS_AT_MOST}; give the command again`] : []),
  ...[...leave].map(([reason, letters]) => `${String(letters.length).padStart(8)}  left: ${WHY_LEFT[reason]}`),
];

export interface ReplayOptions extends FilterOptions {
  readonly rate: number;
  readonly again?: true;
  readonly yes?: true;
  readonly reason?: string;
}

const leftJson = (leave: ReplayPlan['leave']): object =>
  Object.fromEntries([...leave].map(([reason, letters]) => [reason, letters.map(({ source }) => placeText(source))]));

export const replay = async (io: CliIo, places: readonly string[], options: ReplayOptions): Promise<void> => {
  const filter = filterOf(options, places);
  await withTool(io, async (tool, signal) => {
    const { letters } = await tool.find(filter, signal);
    failIfInterrupted(signal);
    if (letters.length === 0 && places.length > 0)
      throw new MmmError('RESOURCE_NOT_FOUND', `there is no letter of ${places.join(', ')} in mmm.dlq (any more)`);
    const plan = planReplay(letters, { named: places.length > 0, again: options.again === true });
    if (!io.json) for (const line of planLines(plan)) io.out(line);
    const planned = { planned: plan.send.length, later: plan.later, left: leftJson(plan.leave) };
    // Named, and only digests: whoever asked for it by place has to hear that nothing can be sent.
    if (places.length > 0 && plan.send.length === 0)
      throw new MmmError(
        'CONFLICT',
        `none of them can be replayed: ${[...plan.leave.keys()].map((one) => WHY_LEFT[one]).join('; ')}`,
      );
    if (options.yes !== true || plan.send.length === 0) {
      if (io.json) return io.out(JSON.stringify({ ...planned, sent: 0, replay_id: null }));
      return io.out(plan.send.length === 0 ? 'Nothing to send.' : 'Nothing was sent. With --yes they are sent.');
    }
    const replayId = randomUUID();
    const order = { replayId, who: operatorName(), reason: options.reason ?? null, perSecond: options.rate };
    const result = await tool.replay(plan, { ...order, filter: filterFacts(filter) }, signal);
    if (io.json)
      io.out(
        JSON.stringify({
          ...planned,
          sent: result.sent,
          not_sent: result.left,
          too_large: result.tooLarge.length,
          replay_id: replayId,
        }),
      );
    else {
      io.out(`${counted(result.sent, 'record')} sent, each with mmm-replay-id ${replayId}.`);
      if (result.tooLarge.length > 0)
        io.out(`${String(result.tooLarge.length).padStart(8)}  left: ${WHY_LEFT.too_large}`);
      io.out(
        'What is refused again comes back as a letter that counts its attempts. This is in mmm_audit, with your name.',
      );
    }
    failIfInterrupted(signal, `${result.sent} of ${plan.send.length} records were sent`);
  });
};

export interface PurgeOptions extends FilterOptions {
  readonly reason: string;
  readonly allBefore?: true;
  readonly yes?: true;
}

const codeLines = (counts: ReadonlyMap<string, number>): string[] =>
  [...counts].sort(([, a], [, b]) => b - a).map(([code, count]) => `${String(count).padStart(8)}  ${code}`);

const purgeLines = (plan: PurgePlan): string[] => {
  if (plan.cuts.size === 0) return ['No letter is chosen.'];
  const span = [plan.oldestMs, plan.newestMs].map((ms) => (ms === null ? 'unknown' : new Date(ms).toISOString()));
  return [
    `${counted(plan.chosen, 'letter')} chosen (each copy counted), written ${span.join(' to ')}`,
    ...codeLines(plan.byCode),
    ...(plan.others === 0
      ? []
      : [
          `${counted(plan.others, 'letter')} not chosen that stand before them and would go too`,
          ...codeLines(plan.othersByCode),
        ]),
    ...[...plan.cuts]
      .sort(([a], [b]) => a - b)
      .map(([partition, offset]) => `mmm.dlq:${partition} is cut: ${offset} is its first offset then`),
  ];
};

const purgeJson = (plan: PurgePlan, removed: number): object => ({
  ...{ chosen: plan.chosen, others: plan.others, removed },
  by_code: Object.fromEntries(plan.byCode),
  others_by_code: Object.fromEntries(plan.othersByCode),
  first_kept: Object.fromEntries([...plan.cuts].map(([partition, offset]) => [partition, offset.toString()])),
});

export const purge = async (io: CliIo, places: readonly string[], options: PurgeOptions): Promise<void> => {
  const filter = filterOf(options, places);
  await withTool(io, async (tool, signal) => {
    const plan = await tool.planPurge(filter, signal);
    failIfInterrupted(signal);
    if (!io.json) for (const line of purgeLines(plan)) io.out(line);
    const allBefore = options.allBefore === true;
    checkPurge(plan, allBefore);
    if (options.yes !== true || plan.cuts.size === 0) {
      if (io.json) io.out(JSON.stringify(purgeJson(plan, 0)));
      else if (plan.cuts.size > 0) io.out('Nothing was removed. With --yes they are removed, for good.');
      return;
    }
    await tool.purge(plan, { who: operatorName(), reason: options.reason, filter: filterFacts(filter), allBefore });
    if (io.json) io.out(JSON.stringify(purgeJson(plan, plan.chosen + plan.others)));
    else
      io.out(
        `${counted(plan.chosen + plan.others, 'letter')} removed. This is in mmm_audit, with your name and reason.`,
      );
  });
};
