import { printable } from './printable.ts';
import type { PersonReport, TryReport } from './report.ts';
import type { ShownNudge } from './shown-nudge.ts';
import {
  count,
  counted,
  dayOf,
  heldWords,
  localTime,
  refusalWords,
  remarks,
  resultWords,
  summaryWords,
  TYPE_WORDS,
} from './words.ts';

/** People and nudges shown on a terminal; all of them are in --json and --html. */
const PEOPLE_SHOWN = 10;
const NUDGES_SHOWN = 5;
/** Fits a terminal of today and a mail. */
const WIDTH = 100;
const INDENT = '      ';

/** The report for a terminal, line by line, free of anything that a terminal would obey. */
export const reportAsText = (report: TryReport): string[] =>
  [...heading(report), ...people(report), ...totals(report)].map(printable);

const heading = (report: TryReport): string[] => {
  const { repository, walk } = report;
  const span =
    walk.firstAtMs === null || walk.lastAtMs === null ? '' : `, ${dayOf(walk.firstAtMs)} to ${dayOf(walk.lastAtMs)}`;
  const types = new Set(report.people.flatMap((person) => person.shown.map((nudge) => nudge.type)));
  return [
    `${repository.name}: ${counted(walk.commits, 'commit')} (${counted(walk.merges, 'merge')}) by ${counted(walk.people, 'person', 'people')}${span}`,
    ...remarks(report).flatMap((remark) => wrapped(remark, '')),
    '',
    ...wrapped(summaryWords(report), ''),
    ...Object.entries(TYPE_WORDS).flatMap(([type, words]) => (types.has(type) ? [`  ${type}: ${words}`] : [])),
    '',
  ];
};

const people = (report: TryReport): string[] => {
  const told = report.people.filter((person) => person.shown.length > 0);
  const rest = told.length - PEOPLE_SHOWN;
  if (told.length === 0 && report.totals.sent > 0) return ['None of it in the time that is shown.', ''];
  return [
    ...told.slice(0, PEOPLE_SHOWN).flatMap(personLines),
    ...(rest > 0
      ? [`... and ${counted(rest, 'more person', 'more people')}. --html <file> or --json shows everyone.`, '']
      : []),
  ];
};

const personLines = (person: PersonReport): string[] => {
  const hidden = person.shown.length - NUDGES_SHOWN;
  const held = person.heldBack.map((one) => `${count(one.count)} ${heldWords(one)}`);
  return [
    `${person.who}   ${counted(person.commits, 'commit')}, ${counted(person.sent, 'nudge')}`,
    ...(hidden > 0 ? [`  (${counted(hidden, 'earlier one', 'earlier ones')} not shown)`] : []),
    ...person.shown.slice(-NUDGES_SHOWN).flatMap(nudgeLines),
    ...(held.length === 0 ? [] : hanging(`  held back: `, held.join('; '))),
    '',
  ];
};

const nudgeLines = (nudge: ShownNudge): string[] => [
  ...hanging(`  ${localTime(nudge.atMs, nudge.zone)}  ${nudge.type.padEnd(6)}  `, nudge.title),
  ...nudge.body.split('\n').flatMap((paragraph) => wrapped(paragraph, INDENT)),
  ...hanging(`${INDENT}why   `, nudge.why),
  `${INDENT}from  ${nudge.playbookId}${nudge.commit === null ? '' : `, at commit ${nudge.commit.slice(0, 10)}`}`,
];

const totals = ({ totals: all, playbooks, heldBack, shown, sinceMs }: TryReport): string[] => {
  const signals = [
    ...Object.entries(all.results).map(([result, number]) => [number, resultWords(result)] as const),
    ...Object.entries(all.refused).map(
      ([code, number]) => [number, `refused by intake: ${refusalWords(code)}`] as const,
    ),
  ];
  const row = (cells: readonly (string | number)[]): string =>
    `  ${String(cells[0]).slice(0, 40).padEnd(width)}${cells
      .slice(1)
      .map((cell) => (typeof cell === 'number' ? count(cell) : cell).padStart(15))
      .join('')}`;
  const width = Math.max(8, ...playbooks.map(({ playbookId }) => Math.min(40, playbookId.length)));
  return [
    'Totals over the whole history',
    ...table(signals),
    `  ${count(all.signals).padStart(9)}  signals`,
    '',
    row(['playbook', 'looked at', 'nothing to say', 'held back', 'updated', 'sent']),
    ...playbooks.map((one) => row([one.playbookId, one.candidates, one.notMet, one.heldBack, one.revised, one.sent])),
    row(['total', all.candidates, all.notMet, all.heldBack, all.revised, all.sent]),
    '',
    ...(heldBack.length === 0 ? [] : ['Held back, by the gate that stood in the way first']),
    ...table(heldBack.map((one) => [one.count, `${one.gate}: ${heldWords(one)}`] as const)),
    ...(heldBack.length === 0 ? [] : [`  ${count(all.heldBack).padStart(9)}  held back`, '']),
    ...(sinceMs === null
      ? []
      : [`${counted(shown, 'nudge')} of ${count(all.sent)} sent lie in the time that is shown.`]),
    all.addUp ? 'The totals add up.' : 'THE TOTALS DO NOT ADD UP. This is a fault of ours: please report it.',
  ];
};

const table = (rows: readonly (readonly [number, string])[]): string[] =>
  rows.map(([number, words]) => `  ${count(number).padStart(9)}  ${words}`);

/** Words to lines of at most WIDTH; a word that is longer stands alone. */
const wrapped = (text: string, indent: string): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, indent + line];
};

/** A label, and the text beside it: its later lines stand under its first. */
const hanging = (label: string, text: string): string[] => {
  const [first = '', ...rest] = wrapped(text, ' '.repeat(label.length));
  return [label + first.trimStart(), ...rest];
};
