import type { Sent } from './load.ts';
import type { Measure, Verdict } from './verdict.ts';

export interface SoakReport {
  readonly minutes: number;
  readonly rate: number;
  readonly readings: number;
  readonly sent: Sent;
  /** Rows of the journal and distinct bad records among the dead letters, when all had settled. */
  readonly journal: number;
  readonly settled: boolean;
  readonly verdicts: readonly Verdict[];
}

const figure = (value: number): string => (Math.abs(value) >= 1_000 ? value.toFixed(0) : value.toFixed(1));

function boundOf({ bound, unit }: Measure): string {
  if (bound.kind === 'told') return 'not judged';
  return bound.kind === 'percent' ? `${bound.perHour} %/h` : `${bound.perHour} ${unit === 'count' ? '' : `${unit} `}/h`;
}

const word = (holds: boolean | null): string => (holds === null ? '-' : holds ? 'holds' : 'EXCEEDED');

export const passed = ({ verdicts, settled, sent, journal }: SoakReport): boolean =>
  settled && sent.failed === 0 && journal === sent.good && verdicts.every(({ holds }) => holds !== false);

function row(cells: readonly string[]): string {
  const [name = '', ...rest] = cells;
  return [name.padEnd(32), ...rest.map((cell, index) => (index < 3 ? cell.padStart(11) : `  ${cell.padEnd(16)}`))]
    .join('')
    .trimEnd();
}

/** The table for people. A slope is least squares after the warm-up; a bound is exceeded when the slope is over it beyond the scatter. */
export function table(report: SoakReport): string {
  const { minutes, rate, readings, sent, journal, settled } = report;
  const lines = report.verdicts.map(({ measure, trend, holds }) => {
    const unit = measure.unit === 'count' ? '' : `, ${measure.unit}`;
    const figures = trend === null ? ['?', '?', '?'] : [trend.start, trend.end, trend.perHour].map(figure);
    return row([`${measure.name}${unit}`, ...figures, boundOf(measure), word(holds)]);
  });
  return [
    `${minutes} minutes at ${rate} signals a second, two workers, ${readings} readings`,
    row(['measure', 'start', 'end', 'per hour', 'bound', 'verdict']),
    ...lines,
    `sent ${sent.good} good and ${sent.bad} bad records (${sent.failed} not taken); journal ${journal} rows, ${settled ? 'all settled' : 'NOT ALL SETTLED'}`,
    passed(report) ? 'passed' : 'FAILED',
  ].join('\n');
}
