import { PAGE_STYLE } from './html-style.ts';
import { element, escaped } from './html-text.ts';
import { printable } from './printable.ts';
import type { PersonReport, TryReport } from './report.ts';
import type { ShownNudge } from './shown-nudge.ts';
import { markSvg, timelineSvg } from './timeline-svg.ts';
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

/** Nothing is loaded and nothing runs, whatever a commit message tries: no script, no picture, no form, no other place. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** Open at once: enough to see what it is about, not so many that the page starts with a wall. */
const PEOPLE_OPEN = 1;

/** The report as one page that needs nothing else. All text of the history is escaped. */
export const reportAsHtml = (report: TryReport): string => {
  const title = `What ${printable(report.repository.name)} would have been told`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">',
    `<title>${escaped(title)}</title><style>${PAGE_STYLE}</style></head><body><main>`,
    ...header(report, title),
    ...timeline(report),
    ...totals(report),
    ...people(report),
    '<footer><p>Made by <code>mmm try</code>: the real pipeline over the history of the repository, in the time of its commits. Nothing was sent to anybody.</p></footer>',
    '</main></body></html>\n',
  ].join('\n');
};

const header = (report: TryReport, title: string): string[] => {
  const { walk, totals: all, politeness } = report;
  const span =
    walk.firstAtMs === null || walk.lastAtMs === null ? '' : `, ${dayOf(walk.firstAtMs)} to ${dayOf(walk.lastAtMs)}`;
  const numbers: readonly (readonly [string, number])[] = [
    ['nudges sent', all.sent],
    ['held back', all.heldBack],
    ['people nudged', report.people.filter((person) => person.sent > 0).length],
    ['median in 100 commits', politeness.median],
  ];
  return [
    '<header>',
    element('h1', title),
    element(
      'p',
      `${counted(walk.commits, 'commit')} (${counted(walk.merges, 'merge')}) by ${counted(walk.people, 'person', 'people')}${span}`,
      'soft',
    ),
    element('p', summaryWords(report), 'lead'),
    ...remarks(report).map((remark) => element('p', remark, 'remark')),
    `<dl class="numbers">${numbers.map(([name, value]) => `<div>${element('dt', name)}${element('dd', count(value))}</div>`).join('')}</dl>`,
    '</header>',
  ];
};

const typesOf = (report: TryReport): string[] => {
  const shown = new Set(report.people.flatMap((person) => person.shown.map((nudge) => nudge.type)));
  return Object.keys(TYPE_WORDS).filter((type) => shown.has(type));
};

const timeline = (report: TryReport): string[] => {
  const svg = timelineSvg(report);
  if (svg === null) return [];
  const legend = typesOf(report).map(
    (type) =>
      `<li><svg viewBox="0 0 16 16" aria-hidden="true">${markSvg(type, 8, 8)}</svg>${escaped(`${type}: ${TYPE_WORDS[type] ?? ''}`)}</li>`,
  );
  return [
    '<section><h2>Over time</h2><figure>',
    `<div class="scroll" tabindex="0" role="region" aria-label="Timeline">${svg}</div>`,
    `<ul class="legend">${legend.join('')}</ul>`,
    '</figure></section>',
  ];
};

const people = (report: TryReport): string[] => {
  const told = report.people.filter((person) => person.shown.length > 0);
  const silent = report.people.length - told.length;
  return [
    '<section><h2>Person by person</h2>',
    ...told.map((person, index) => personSection(person, index < PEOPLE_OPEN)),
    element(
      'p',
      `${counted(silent, 'person', 'people')} would have been told nothing${report.sinceMs === null ? '' : ' in this time'}.`,
      'soft',
    ),
    '</section>',
  ];
};

const personSection = (person: PersonReport, isOpen: boolean): string => {
  const held = person.heldBack.map((one) => `${count(one.count)} ${heldWords(one)}`);
  return [
    `<details${isOpen ? ' open' : ''}><summary>${element('b', person.who)}${element('span', `${counted(person.commits, 'commit')}, ${counted(person.sent, 'nudge')}`, 'soft')}</summary>`,
    '<div class="inside">',
    ...person.shown.map(nudgeArticle),
    ...(held.length === 0 ? [] : [element('p', `Held back: ${held.join('; ')}.`, 'soft')]),
    '</div></details>',
  ].join('\n');
};

const nudgeArticle = (nudge: ShownNudge): string =>
  [
    `<article class="${kindClass(nudge.type)}">`,
    `<p class="meta">${element('span', nudge.type, 'kind')} <time datetime="${new Date(nudge.atMs).toISOString()}">${escaped(localTime(nudge.atMs, nudge.zone))}</time></p>`,
    element('h3', nudge.title),
    ...nudge.body.split(/\n+/).map((paragraph) => element('p', paragraph)),
    element('p', `Why: ${nudge.why}`, 'why'),
    element(
      'p',
      `${nudge.playbookId}${nudge.commit === null ? '' : `, at commit ${nudge.commit.slice(0, 10)}`}`,
      'meta',
    ),
    '</article>',
  ].join('');

const kindClass = (type: string): string => (type in TYPE_WORDS ? type : 'mirror');

const totals = ({ totals: all, playbooks, heldBack, shown, sinceMs }: TryReport): string[] => [
  '<section><h2>Totals over the whole history</h2>',
  '<div class="scroll"><table><caption>What the playbooks looked at, and how it ended</caption>',
  '<thead><tr><th scope="col">playbook</th><th scope="col">looked at</th><th scope="col">nothing to say</th><th scope="col">held back</th><th scope="col">updated</th><th scope="col">sent</th></tr></thead><tbody>',
  ...playbooks.map((one) =>
    row('td', [one.playbookId, one.candidates, one.notMet, one.heldBack, one.revised, one.sent]),
  ),
  `</tbody><tfoot>${row('th', ['total', all.candidates, all.notMet, all.heldBack, all.revised, all.sent])}</tfoot></table></div>`,
  element('h3', 'Held back, by the gate that stood in the way first'),
  wordsTable(
    heldBack.map((one) => [one.count, one.gate, heldWords(one)] as const),
    [all.heldBack, 'held back', ''],
  ),
  element('h3', 'Signals made from the commits'),
  wordsTable(
    [
      ...Object.entries(all.results).map(([result, made]) => [made, result, resultWords(result)] as const),
      ...Object.entries(all.refused).map(([code, made]) => [made, 'refused', refusalWords(code)] as const),
    ],
    [all.signals, 'signals', ''],
  ),
  ...(sinceMs === null
    ? []
    : [element('p', `${counted(shown, 'nudge')} of ${count(all.sent)} sent lie in the time that is shown.`)]),
  element(
    'p',
    all.addUp ? 'The totals add up.' : 'The totals do not add up. This is a fault of ours: please report it.',
    all.addUp ? 'soft' : 'remark',
  ),
  '</section>',
];

const row = (first: 'td' | 'th', cells: readonly [string, ...number[]]): string =>
  `<tr><${first}${first === 'th' ? ' scope="row"' : ''}>${escaped(cells[0])}</${first}>${cells
    .slice(1)
    .map((cell) => element('td', count(Number(cell))))
    .join('')}</tr>`;

type WordsRow = readonly [number, string, string];

const wordsTable = (rows: readonly WordsRow[], [sum, name, note]: WordsRow): string =>
  [
    '<div class="scroll"><table class="words"><tbody>',
    ...rows.map(
      ([number, word, words]) =>
        `<tr>${element('td', count(number))}${element('td', word)}${element('td', words)}</tr>`,
    ),
    `</tbody><tfoot><tr>${element('th', count(sum))}${element('td', name)}${element('td', note)}</tr></tfoot></table></div>`,
  ].join('');
