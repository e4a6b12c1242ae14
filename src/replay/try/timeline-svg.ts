import { escaped } from './html-text.ts';
import type { PersonReport, TryReport } from './report.ts';
import type { ShownNudge } from './shown-nudge.ts';
import { count, counted, localTime } from './words.ts';

/** A picture with more rows is a wall; the others share the last row. */
const ROWS = 14;
const WIDTH = 1000;
const LEFT = 150;
const RIGHT = 12;
const TOP = 30;
const ROW_HEIGHT = 26;
/** Below the rows: the bars have a strip of their own, so that marks stay readable, and shine through behind the rows faintly. */
const BARS_HEIGHT = 70;
const AXIS_HEIGHT = 24;
/** Years whose labels would touch are left out. */
const YEAR_LABEL_WIDTH = 44;

interface Row {
  readonly who: string;
  readonly nudges: readonly ShownNudge[];
  /** Many people in one row: a dot per month, larger for more. */
  readonly many: boolean;
}

interface Scale {
  readonly months: number;
  readonly xOf: (ms: number) => number;
  readonly xOfMonth: (month: number) => number;
}

/** The history as a picture: commits a month as quiet bars, one mark per nudge in its person's row. Null if there is nothing to draw. */
export const timelineSvg = (report: TryReport): string | null => {
  const { firstAtMs, lastAtMs, commitsByMonth } = report.walk;
  if (firstAtMs === null || lastAtMs === null) return null;
  const scale = scaleOf(Math.max(firstAtMs, report.sinceMs ?? 0), lastAtMs);
  const rows = rowsOf(report.people);
  const rowsEnd = TOP + rows.length * ROW_HEIGHT;
  const height = rowsEnd + BARS_HEIGHT + AXIS_HEIGHT;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="timeline-title timeline-text">`,
    '<title id="timeline-title">Commits and nudges over time</title>',
    `<desc id="timeline-text">${escaped(description(report, rows))}</desc>`,
    ...yearLines(scale, monthOf(Math.max(firstAtMs, report.sinceMs ?? 0)), rowsEnd + BARS_HEIGHT),
    ...bars(commitsByMonth, scale, monthOf(Math.max(firstAtMs, report.sinceMs ?? 0)), rowsEnd + BARS_HEIGHT),
    ...rows.flatMap((row, index) => rowParts(row, TOP + (index + 0.5) * ROW_HEIGHT, scale)),
    '</svg>',
  ].join('');
};

const description = ({ walk, shown }: TryReport, rows: readonly Row[]): string =>
  `${counted(walk.commits, 'commit')} by month as bars, and ${counted(shown, 'nudge')} as marks in ${counted(rows.length, 'row')}, one row a person. The sections below hold the same in words.`;

const rowsOf = (people: readonly PersonReport[]): Row[] => {
  const told = people.filter((person) => person.shown.length > 0);
  const own = told.length > ROWS ? ROWS - 1 : ROWS;
  const rest = told.slice(own);
  return [
    ...told.slice(0, own).map((person) => ({ who: person.who, nudges: person.shown, many: false })),
    ...(rest.length === 0
      ? []
      : [{ who: `${count(rest.length)} others`, nudges: rest.flatMap((person) => person.shown), many: true }]),
  ];
};

const monthOf = (ms: number): number => new Date(ms).getUTCFullYear() * 12 + new Date(ms).getUTCMonth();

const scaleOf = (fromMs: number, toMs: number): Scale => {
  const first = monthOf(fromMs);
  const months = Math.max(1, monthOf(toMs) - first + 1);
  const startMs = Date.UTC(Math.floor(first / 12), first % 12);
  const endMs = Date.UTC(Math.floor((first + months) / 12), (first + months) % 12);
  const room = WIDTH - LEFT - RIGHT;
  return {
    months,
    xOf: (ms) => LEFT + (room * (ms - startMs)) / (endMs - startMs),
    xOfMonth: (month) => LEFT + (room * (month - first)) / months,
  };
};

const number = (value: number): string => String(Math.round(value * 10) / 10);

const yearLines = (scale: Scale, firstMonth: number, bottom: number): string[] => {
  const parts: string[] = [];
  let lastLabel = -Infinity;
  for (let month = firstMonth; month < firstMonth + scale.months; month++) {
    if (month % 12 !== 0 && !(month === firstMonth && scale.months < 12)) continue;
    const x = scale.xOfMonth(month);
    parts.push(`<line class="year" x1="${number(x)}" x2="${number(x)}" y1="${TOP - 6}" y2="${bottom}"/>`);
    if (x - lastLabel < YEAR_LABEL_WIDTH || x > WIDTH - 30) continue;
    lastLabel = x;
    parts.push(`<text x="${number(x)}" y="${bottom + 17}">${Math.floor(month / 12)}</text>`);
  }
  return parts;
};

const bars = (commits: ReadonlyMap<string, number>, scale: Scale, firstMonth: number, bottom: number): string[] => {
  const drawn = [...commits]
    .map(([name, made]) => ({ name, made, month: Number(name.slice(0, 4)) * 12 + Number(name.slice(5)) - 1 }))
    .filter(({ month }) => month >= firstMonth);
  const most = drawn.reduce((high, { made }) => Math.max(high, made), 1);
  const parts = drawn.map(({ name, made, month }) => {
    const x = scale.xOfMonth(month);
    const width = Math.max(1, scale.xOfMonth(month + 1) - x - 0.6);
    const height = Math.max(1, ((BARS_HEIGHT - 14) * made) / most);
    const at = `x="${number(x)}" y="${number(bottom - height)}" width="${number(width)}" height="${number(height)}"`;
    return `<rect class="bar" ${at}><title>${name}: ${counted(made, 'commit')}</title></rect>`;
  });
  return [...parts, `<text x="${LEFT - 10}" y="${bottom - 4}" text-anchor="end">commits a month</text>`];
};

const rowParts = (row: Row, y: number, scale: Scale): string[] => [
  `<line class="row" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${number(y)}" y2="${number(y)}"/>`,
  `<text class="who" x="${LEFT - 10}" y="${number(y + 4)}" text-anchor="end">${escaped(shortened(row.who))}</text>`,
  ...(row.many ? monthDots(row.nudges, y, scale) : marks(row.nudges, y, scale)),
];

const marks = (nudges: readonly ShownNudge[], y: number, scale: Scale): string[] =>
  nudges.map((nudge) => {
    const title = `<title>${escaped(`${localTime(nudge.atMs, nudge.zone)}, ${nudge.type}: ${nudge.title}`)}</title>`;
    return markSvg(nudge.type, scale.xOf(nudge.atMs), y, title);
  });

const DOT_MAX_RADIUS = 9;

/** Area says how many, so that a hundred one-time contributors do not paint a bar over the picture. */
const monthDots = (nudges: readonly ShownNudge[], y: number, scale: Scale): string[] => {
  const byMonth = new Map<number, number>();
  for (const { atMs } of nudges) byMonth.set(monthOf(atMs), (byMonth.get(monthOf(atMs)) ?? 0) + 1);
  const most = Math.max(...byMonth.values());
  return [...byMonth].map(([month, heard]) => {
    const x = (scale.xOfMonth(month) + scale.xOfMonth(month + 1)) / 2;
    const radius = Math.max(1.5, DOT_MAX_RADIUS * Math.sqrt(heard / most));
    const name = `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`;
    return `<circle class="dot" cx="${number(x)}" cy="${number(y)}" r="${number(radius)}"><title>${name}: ${counted(heard, 'nudge')}</title></circle>`;
  });
};

const shortened = (who: string): string => {
  const characters = Array.from(who);
  return characters.length <= 20 ? who : `${characters.slice(0, 18).join('')}...`;
};

/** Each kind has a shape of its own, so that colour is not needed to tell them apart. */
export const markSvg = (type: string, x: number, y: number, title = ''): string => {
  const at = (dx: number, dy: number): string => `${number(x + dx)},${number(y + dy)}`;
  switch (type) {
    case 'mentor':
      return `<polygon class="mark mentor" points="${at(0, -6.5)} ${at(6.5, 0)} ${at(0, 6.5)} ${at(-6.5, 0)}">${title}</polygon>`;
    case 'multiplier':
      return `<polygon class="mark multiplier" points="${at(-5, -5)} ${at(5, -5)} ${at(5, 5)} ${at(-5, 5)}">${title}</polygon>`;
    default:
      return `<circle class="mark mirror" cx="${number(x)}" cy="${number(y)}" r="5.5">${title}</circle>`;
  }
};
