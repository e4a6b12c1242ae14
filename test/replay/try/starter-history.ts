import { linesOf, type ScriptedCommit } from './scripted-repository.ts';

const MINUTE = 60;
const DAY = 86_400;
/** Midnight where `end` is 15:00 UTC. */
const NIGHT = '+0900';

const sources = (count: number, lines: number, name = 'src'): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}/f${index}.ts`, linesOf(lines)]));

/**
 * A small history in which each starter playbook has its moment, all of it within some hours before `end` (seconds, 15:00 UTC), except the branch that was
 * begun 40 days earlier: what is older than a day is never nudged when it comes from a topic.
 */
export const starterHistory = (end: number): ScriptedCommit[] => {
  const start = end - 200 * MINUTE;
  const late = 'late@example.org';
  const fixer = 'fixer@example.org';
  const reverter = 'reverter@example.org';
  const commits: ScriptedCommit[] = [{ at: end - 60 * DAY, message: 'begin', files: { 'README.md': 'hello\n' } }];
  const add = (commit: ScriptedCommit): number => commits.push(commit) - 1;

  const base = 0;
  let branch = base;
  for (let index = 0; index < 12; index++) {
    branch = add({
      at: end - 40 * DAY + index,
      from: branch,
      email: late,
      zone: NIGHT,
      files: { [`late/${index}.txt`]: 'x\n' },
    });
  }
  // Who was here before is not welcomed again, and in the night nobody is; in the morning the second commit is there already. Each person below has
  // one nudge.
  let main = base;
  for (const email of [fixer, reverter, 'wide@example.org', 'large@example.org']) {
    for (const [nth, at] of [end - 50 * DAY, end - 50 * DAY + 1].entries())
      main = add({ at, from: main, email, zone: NIGHT, files: { [`old/${email}.${nth}.txt`]: 'x\n' } });
  }
  const onMain = (commit: Omit<ScriptedCommit, 'from'>): void => {
    main = add({ ...commit, from: main });
  };
  onMain({ at: start, email: 'new@example.org', files: { 'notes.txt': 'x\n' } });
  for (let index = 1; index <= 5; index++)
    onMain({
      at: start + index * MINUTE,
      email: fixer,
      message: 'fix: case',
      files: { 'src/core.ts': linesOf(index) },
    });
  for (let index = 1; index <= 3; index++) {
    onMain({
      at: start + (10 + index) * MINUTE,
      email: reverter,
      message: index === 3 ? 'Revert "try"' : 'try',
      files: { 'src/plan.ts': linesOf(10 - index) },
    });
  }
  for (let index = 1; index <= 3; index++) {
    onMain({
      at: start + (20 + index) * MINUTE,
      email: 'wide@example.org',
      message: 'wide',
      files: index === 3 ? sources(5, 40) : { [`w${index}.txt`]: 'x\n' },
    });
  }
  onMain({
    at: start + 30 * MINUTE,
    email: 'large@example.org',
    message: 'all of it',
    files: { ...sources(30, 50, 'lib'), 'test/a.test.ts': linesOf(5) },
  });
  add({ at: start + 40 * MINUTE, from: main, merge: branch, email: late, message: 'Merge branch late' });
  return commits;
};
