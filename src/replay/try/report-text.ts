import type { PersonReport, TryReport } from './report.ts';
import type { ShownNudge } from './tally.ts';

/** People shown in full; the rest is in --json and --html. */
const PEOPLE_SHOWN = 10;
const NUDGES_SHOWN = 6;
const WIDTH = 100;

/** Reasons in words. A reason that is not here is printed as it is. */
export const REASON_WORDS: Readonly<Record<string, string>> = {
  cooldown: 'said lately',
  subject_cooldown: 'said lately about the same thing',
  cap_hour: 'enough for the hour',
  cap_day: 'enough for the day',
  cap_repo_day: 'enough for the day in this repository',
  cap_playbook_day: 'enough of this kind for the day',
  cap_playbook_repo_day: 'enough of this kind in this repository for the day',
  cap_reserved: 'room held for more important ones',
  quiet_hours: 'quiet hours of the author',
  deferral_off: 'would wait for a better moment (deferral comes later)',
  outranked: 'something more important was said',
  condition_not_met: 'the condition was not met',
  condition_error: 'the condition could not be evaluated',
  template_value_missing: 'a value for the text was missing',
};

export const inWords = (reason: string): string => REASON_WORDS[reason] ?? reason;

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const minute = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`;

export const reportAsText = (report: TryReport): string[] => [
  ...heading(report),
  ...report.people.filter((person) => person.shown.length > 0).slice(0, PEOPLE_SHOWN).flatMap(personLines),
  ...more(report),
  ...totals(report),
];

const heading = ({ repository, walk, sinceMs }: TryReport): string[] => {
  const span = walk.firstAtMs === null || walk.lastAtMs === null ? '' : `, ${day(walk.firstAtMs)} to ${day(walk.lastAtMs)}`;
  return [
    `${repository.name}: ${walk.commits} commits (${walk.merges} merges) by ${walk.people} people${span}`,
    ...(repository.shallow ? ['This is a shallow clone: what came before its first commit is not seen. (git fetch --unshallow brings it.)'] : []),
    ...(sinceMs > 0 ? [`Shown from ${day(sinceMs)} on; everything before is counted.`] : []),
    '',
  ];
};

const personLines = (person: PersonReport): string[] => {
  const held = Object.entries(person.heldBack)
    .slice(0, 4)
    .map(([reason, count]) => `${count} ${inWords(reason)}`);
  const hidden = person.shown.length - NUDGES_SHOWN;
  return [
    `${person.who}  ${person.commits} commits, ${person.shown.length} ${person.shown.length === 1 ? 'nudge' : 'nudges'}`,
    ...person.shown.slice(-NUDGES_SHOWN).flatMap(nudgeLines),
    ...(hidden > 0 ? [`  ... and ${hidden} earlier`] : []),
    ...(held.length === 0 ? [] : [`  held back: ${held.join(', ')}`]),
    '',
  ];
};

const nudgeLines = (nudge: ShownNudge): string[] => [
  `  ${minute(nudge.atMs)}  ${nudge.type}  ${nudge.title}`,
  ...wrapped(nudge.body, '      '),
  ...wrapped(`why: ${nudge.why}`, '      '),
  `      ${nudge.playbookId}${nudge.commit === null ? '' : `, commit ${nudge.commit.slice(0, 10)}`}`,
];

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

const more = ({ people }: TryReport): string[] => {
  const nudged = people.filter((person) => person.shown.length > 0).length;
  if (nudged === 0) return ['Nothing would have been said. That is a good answer too.', ''];
  return nudged > PEOPLE_SHOWN ? [`... and ${nudged - PEOPLE_SHOWN} more people (--json or --html shows all)`, ''] : [];
};

const totals = ({ totals: all, walk, shown, sinceMs, perHundredCommits: rate, seconds }: TryReport): string[] => {
  const reasons = Object.entries(all.reasons)
    .filter(([reason]) => reason !== 'sent')
    .sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => `    ${String(count).padStart(8)}  ${inWords(reason)}  (${reason})`);
  const results = Object.entries(all.results).map(([result, count]) => `${count} ${result}`);
  return [
    'Totals',
    `  ${walk.signals} signals = ${[...results, ...(all.refused > 0 ? [`${all.refused} refused`] : [])].join(' + ')}`,
    `  ${all.candidates} candidates = ${all.sent} sent + ${all.heldBack} held back + ${all.notAbout} not about this`,
    ...reasons,
    ...(sinceMs > 0 ? [`  ${shown} of the ${all.sent} sent are shown`] : []),
    `  nudges per 100 commits, people with at least 10 commits (${rate.people}): median ${rate.median.toFixed(1)}, p90 ${rate.p90.toFixed(1)}, most ${rate.max.toFixed(1)}`,
    all.addsUp ? `  the totals add up; ${seconds.toFixed(1)} s` : '  THE TOTALS DO NOT ADD UP: please report this',
  ];
};
