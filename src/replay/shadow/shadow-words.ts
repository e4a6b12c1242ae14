import type { ShadowReport } from './shadow-report.ts';

const row = (label: string, ...cells: readonly (string | number)[]): string =>
  `  ${label.slice(0, 58).padEnd(58)}${cells.map((cell) => String(cell).padStart(11)).join('')}`;

const signed = (value: number): string => (value > 0 ? `+${value}` : String(value));

/** For a terminal; names nobody. */
export const shadowLines = ({ rules, signals, same, notReplayable, ends, examples }: ShadowReport): string[] => [
  `${signals} signals decided again by the rules of ${rules}, each at its own moment: ${same} ended as they did, ${signals - same} otherwise.`,
  ...(notReplayable === 0 ? [] : [`${notReplayable} more were recorded without their text, by an earlier release.`]),
  ...(ends.length === 0
    ? []
    : [
        '',
        row('candidates end as', 'recorded', 'again', 'difference'),
        ...ends.map(({ playbookId, actionType, disposition, reason, recorded, again }) =>
          row(
            `${playbookId} ${actionType}: ${disposition}${disposition === 'delivered' ? '' : `, ${reason}`}`,
            ...[recorded, again, signed(again - recorded)],
          ),
        ),
      ]),
  ...(examples.length === 0
    ? []
    : [
        '',
        'Some that ended otherwise (mmm explain <id> says why they ended as they did):',
        ...examples.map((id) => `  ${id}`),
      ]),
];
