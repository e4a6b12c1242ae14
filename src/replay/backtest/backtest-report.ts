import type { BacktestTally, EndCount, OutcomeCount, SentCount } from './backtest-tally.ts';
import type { Stretch } from '../recorded-history.ts';

/** Percentiles of fewer people would be about somebody (G7). */
const PEOPLE_MIN = 5;
const SHARES = [50, 90, 99] as const;

export interface PerPerson {
  readonly live: readonly number[];
  readonly next: readonly number[];
}

export interface BacktestReport {
  readonly playbookId: string;
  /** Null: no version of it is published. */
  readonly liveVersion: number | null;
  readonly stretch: Stretch;
  readonly signals: number;
  readonly asRecorded: number;
  readonly notReplayable: number;
  readonly ends: readonly Readonly<EndCount>[];
  readonly sent: { readonly playbook: Readonly<SentCount>; readonly others: Readonly<SentCount> };
  readonly people: number;
  /** Nudges a person got in the stretch, at these shares of the people; null for fewer than five. */
  readonly perPerson: {
    readonly shares: readonly number[];
    readonly playbook: PerPerson;
    readonly all: PerPerson;
  } | null;
  readonly outcomes: readonly Readonly<OutcomeCount>[];
}

/** Nearest rank. */
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil((sorted.length * share) / 100) - 1)] ?? 0;

const perPerson = (counts: readonly Readonly<SentCount>[]): PerPerson => {
  const at = (side: 'live' | 'next'): number[] => {
    const sorted = counts.map((count) => count[side]).sort((a, b) => a - b);
    return SHARES.map((share) => percentile(sorted, share));
  };
  return { live: at('live'), next: at('next') };
};

export const buildBacktestReport = (
  tally: BacktestTally,
  facts: Pick<BacktestReport, 'playbookId' | 'liveVersion' | 'stretch'>,
): BacktestReport => {
  const { people } = tally;
  const sum = (side: 'live' | 'next'): number => people.reduce((total, { playbook }) => total + playbook[side], 0);
  return {
    ...facts,
    signals: tally.signals,
    asRecorded: tally.asRecorded,
    notReplayable: tally.notReplayable,
    ends: [...tally.ends.values()].sort(
      (a, b) => Math.max(b.live, b.next) - Math.max(a.live, a.next) || (a.reason < b.reason ? -1 : 1),
    ),
    sent: { playbook: { live: sum('live'), next: sum('next') }, others: tally.others },
    people: people.length,
    perPerson:
      people.length < PEOPLE_MIN
        ? null
        : {
            shares: SHARES,
            playbook: perPerson(people.map(({ playbook }) => playbook)),
            all: perPerson(people.map(({ all }) => all)),
          },
    outcomes: [...tally.outcomes.values()].sort((a, b) => b.recorded - a.recorded || (a.result < b.result ? -1 : 1)),
  };
};

const iso = (ms: number): string => new Date(ms).toISOString();

export const backtestJson = (report: BacktestReport): object => {
  const { perPerson: spread } = report;
  const shares = (values: readonly number[]): object =>
    Object.fromEntries(SHARES.map((share, at) => [`p${share}`, values[at] ?? 0]));
  const both = ({ live, next }: PerPerson): object => ({ live: shares(live), next: shares(next) });
  return {
    playbook_id: report.playbookId,
    live_version: report.liveVersion,
    from: iso(report.stretch.fromMs),
    to: iso(report.stretch.toMs),
    signals: report.signals,
    live_as_recorded: report.asRecorded,
    not_replayable: report.notReplayable,
    ends: report.ends.map(({ disposition, gate, reason, live, next }) => ({
      ...{ disposition, gate, reason_code: reason, live, next, difference: next - live },
    })),
    sent: report.sent,
    people: report.people,
    per_person: spread === null ? null : { playbook: both(spread.playbook), all: both(spread.all) },
    outcomes: report.outcomes.map(({ result, recorded, stillSent }) => ({
      ...{ result, recorded, still_sent: stillSent, no_longer_sent: recorded - stillSent },
    })),
  };
};

const signed = (value: number): string => (value > 0 ? `+${value}` : String(value));

const row = (label: string, ...cells: readonly (string | number)[]): string =>
  `  ${label.slice(0, 44).padEnd(44)}${cells.map((cell) => String(cell).padStart(12)).join('')}`;

export const backtestLines = (report: BacktestReport): string[] => {
  const { perPerson: spread, sent, outcomes } = report;
  const live = report.liveVersion === null ? 'none published' : `version ${report.liveVersion}`;
  const differing = report.signals - report.asRecorded;
  return [
    `${report.playbookId}: this file against the live one (${live}), ${iso(report.stretch.fromMs)} to ${iso(report.stretch.toMs)}`,
    `${report.signals} recorded signals of ${report.people} people planned again; nothing was sent or stored.`,
    ...(differing === 0
      ? ['Under the live rules all of them end as they really did.']
      : [
          `Under the rules of today ${differing} of them end otherwise than they did: rules, profiles or the program have changed since.`,
        ]),
    ...(report.notReplayable === 0
      ? []
      : [
          `${report.notReplayable} more were recorded without their text, by an earlier release, and are taken as they were.`,
        ]),
    '',
    row('its candidates end as', 'live', 'this file', 'difference'),
    ...report.ends.map((end) =>
      row(
        `${end.disposition}${end.gate === null ? '' : `, ${end.gate.replaceAll('_', ' ')}`}${end.disposition === 'delivered' ? '' : `: ${end.reason}`}`,
        end.live,
        end.next,
        signed(end.next - end.live),
      ),
    ),
    '',
    row('sent by it', sent.playbook.live, sent.playbook.next, signed(sent.playbook.next - sent.playbook.live)),
    row('sent by all others', sent.others.live, sent.others.next, signed(sent.others.next - sent.others.live)),
    '',
    ...(spread === null
      ? ['What each person gets is not shown for fewer than five people.']
      : [
          row('nudges per person in this time', ...SHARES.map((share) => `p${share}`)),
          row('by it, live', ...spread.playbook.live),
          row('by it, this file', ...spread.playbook.next),
          row('by all, live', ...spread.all.live),
          row('by all, this file', ...spread.all.next),
        ]),
    ...(outcomes.length === 0
      ? []
      : [
          '',
          row('its nudges that really went out', 'recorded', 'still sent', 'no longer'),
          ...outcomes.map((one) => row(one.result, one.recorded, one.stillSent, one.recorded - one.stillSent)),
        ]),
  ];
};
