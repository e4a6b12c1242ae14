import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { git, linesOf, newFolder, scriptedRepository } from '../../replay/try/scripted-repository.ts';
import { starterHistory } from '../../replay/try/starter-history.ts';

const MAIN = fileURLToPath(new URL('../../../src/entrypoints/cli/main.ts', import.meta.url));
const END = Date.parse('2026-03-04T15:00:00Z') / 1000;
const TIMEOUT_MS = 60_000;

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const mmm = async (...args: string[]): Promise<Answer> =>
  await promisify(execFile)(process.execPath, [MAIN, ...args], { maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Answer) => error,
  );

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
    (name) => `${name} ${statSync(join(folder, name)).mtimeMs}`,
  );

describe('mmm try', () => {
  const folder = scriptedRepository(starterHistory(END));

  test(
    'says what, when and why, and totals that add up; writes nothing',
    async () => {
      const before = filesUnder(folder);
      const { code, stdout, stderr } = await mmm('try', folder);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(': 35 commits (1 merge) by 7 people, 2026-01-03 to 2026-03-04');
      expect(stdout).toContain('6 nudges would have been sent');
      expect(stdout).toMatch(/2026-03-04 11:45 \+00:00 {2}mentor {2}Another fix in src\/core\.ts/);
      expect(stdout.match(/edited this file 5 times in 7 days/g)).toHaveLength(1);
      expect(stdout).toContain('The totals add up.');
      expect(stdout).not.toContain('example.org');
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
      expect(filesUnder(folder)).toEqual(before);
    },
    TIMEOUT_MS,
  );

  test(
    '--json is everything, nothing else is on standard output, and it is the same each time',
    async () => {
      const first = await mmm('try', folder, '--json');
      const report = JSON.parse(first.stdout) as {
        totals: Record<string, number | boolean | object>;
        people: {
          who: string;
          sent: number;
          shown: { at: string; playbook_id: string; why: string }[];
          held_back: { gate: string; count: number }[];
        }[];
        playbooks: { sent: number; candidates: number; not_met: number; held_back: number }[];
      };
      const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0);
      const { totals } = report;
      expect(totals).toMatchObject({ sent: 6, shown: 6, refused: {}, add_up: true });
      expect(totals['candidates']).toBe(sum(report.playbooks.map((one) => one.sent + one.not_met + one.held_back)));
      expect(totals['held_back']).toBe(
        sum(report.people.flatMap((person) => person.held_back.map(({ count }) => count))),
      );
      expect(totals['signals']).toBe(sum(Object.values(totals['results'] as Record<string, number>)));
      expect(report.people.flatMap((person) => person.shown).map(({ at }) => at)).toContain('2026-03-04T11:45:00.000Z');
      for (const person of report.people) expect(person.who).toMatch(/^dev-[0-9a-f]{10}$/);
      expect((await mmm('try', folder, '--json')).stdout).toBe(first.stdout);
    },
    TIMEOUT_MS,
  );

  test(
    '--since limits what is shown, not what is counted',
    async () => {
      const all = JSON.parse((await mmm('try', folder, '--json')).stdout) as {
        totals: object;
        people: object[];
        most_nudges_in_100_commits: object;
      };
      const late = JSON.parse(
        (await mmm('try', folder, '--json', '--since', '2026-03-04T12:00:00Z')).stdout,
      ) as typeof all;
      expect(late.totals).toEqual({ ...all.totals, shown: 3 });
      expect(late.most_nudges_in_100_commits).toEqual(all.most_nudges_in_100_commits);
      expect((await mmm('try', folder, '--since', 'tomorrow')).code).toBe(2);
    },
    TIMEOUT_MS,
  );

  test(
    '--explain tells of so many held-back nudges what held each and what would have been enough',
    async () => {
      const { code, stdout } = await mmm('try', folder, '--explain', '2');
      expect(code).toBe(0);
      expect(stdout.match(/quiet hours: it was quiet time, until 06:00/g)).toHaveLength(2);
      expect(stdout.match(/enough: 6 hours later \(06:00\)/g)).toHaveLength(2);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
      const json = JSON.parse((await mmm('try', folder, '--explain', '1', '--json')).stdout) as {
        explained: { who: string; explanation: { playbooks: { actions: { smallest_change: object }[] }[] } }[];
      };
      expect(json.explained).toHaveLength(1);
      expect(json.explained[0]!.explanation.playbooks[0]!.actions[0]!.smallest_change).toMatchObject({ kind: 'time' });
      expect((await mmm('try', folder, '--explain', 'all')).code).toBe(2);
    },
    TIMEOUT_MS,
  );

  test(
    '--rules prints the one data file',
    async () => {
      const { stdout } = await mmm('try', '--rules');
      const file = fileURLToPath(new URL('../../../src/replay/try/history-rules.json', import.meta.url));
      expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
    },
    TIMEOUT_MS,
  );

  test(
    "a stranger's names, paths and messages reach neither terminal nor page as more than text",
    async () => {
      const evil = '<img src=x onerror=alert(1)>\u001b]0;gone\u0007\u202e';
      const hostile = scriptedRepository([
        { at: END - 9_000, files: { 'a.txt': 'x\n' } },
        ...Array.from({ length: 6 }, (_, index) => ({
          at: END - 8_000 + index,
          name: '"><script>alert(1)</script>\u001b[2J'.replaceAll(/[<>]/g, (mark) => (mark === '<' ? '(' : ')')),
          email: 'evil@example.org',
          message: `fix ${evil}`,
          files: { [`${evil}.ts`]: linesOf(index + 1), [`src/${'n'.repeat(5_000)}.ts`]: linesOf(index + 1) },
        })),
      ]);
      const page = join(newFolder(), 'page.html');
      const text = await mmm('try', hostile, '--names', '--html', page);
      expect(text.code).toBe(0);
      expect(text.stdout).toContain('Another fix in <img src=x onerror=alert(1)>');
      expect(text.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect((await mmm('try', hostile, '--names', '--json')).stdout).not.toMatch(/[\u0080-\u009f\u202e]/);
      const html = readFileSync(page, 'utf8');
      expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
      expect(html).not.toMatch(/<(script|img|link|iframe|object)\b/i);
      expect(html).not.toMatch(/\b(src|href|action)\s*=\s*["']?(https?:|\/\/)|url\(|@import/i);
      expect(html).toContain(`http-equiv="Content-Security-Policy" content="default-src 'none'`);
      expect(html).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    },
    TIMEOUT_MS,
  );

  test(
    'bots are counted and never nudged, and records that intake refuses are told',
    async () => {
      const bots = scriptedRepository([
        { at: END - 9_000, files: { 'a.txt': 'x\n' } },
        { at: END - 8_000, name: 'dependabot[bot]', email: 'b@example.org', files: { 'a.ts': 'x\n' } },
        { at: END - 7_000, email: 'c@example.org', files: { [`${'p'.repeat(9_000)}.ts`]: 'x\n' } },
      ]);
      const { stdout } = await mmm('try', bots);
      expect(stdout).toMatch(/2 {2}by bots, who are never nudged/);
      expect(stdout).toMatch(/1 {2}refused by intake: a path is longer than 8 KB/);
      expect(stdout).toContain('The totals add up.');
    },
    TIMEOUT_MS,
  );

  test(
    'what is no repository is one clear answer and exit code 1',
    async () => {
      const empty = newFolder();
      git(empty, 'init', '-q');
      const answer = await mmm('try', empty);
      expect(answer).toMatchObject({ code: 1, stdout: '' });
      expect(answer.stderr).toContain('it has no commits yet');
      expect((await mmm('try', join(empty, 'absent'))).code).toBe(1);
      expect(JSON.parse((await mmm('try', empty, '--json')).stdout)).toMatchObject({
        error: { code: 'REPOSITORY_EMPTY' },
      });
    },
    TIMEOUT_MS,
  );
});
