import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { openHistory } from '../../adapters/git/git-history.ts';
import { readPlaybookFiles, STARTER_FOLDER } from '../../adapters/files/playbook-files.ts';
import { MmmError } from '../../errors.ts';
import type { HistorySource } from '../../replay/try/history.ts';
import { HISTORY_RULES } from '../../replay/try/history-rules.ts';
import { reportAsHtml } from '../../replay/try/report-html.ts';
import { reportAsText } from '../../replay/try/report-text.ts';
import { buildReport, type TryReport } from '../../replay/try/report.ts';
import { walkHistory } from '../../replay/try/run-try.ts';
import { TryTally } from '../../replay/try/tally.ts';
import { startTryEngine } from '../try-engine.ts';
import type { CliCommand, CliIo } from './command.ts';

interface TryOptions {
  readonly since?: string;
  readonly playbooks?: string;
  readonly html?: string;
  readonly names?: true;
  readonly rules?: true;
}

/** Pseudonyms are stable within a repository and say nothing outside it: the key is the id of its first commit. */
const pseudonyms = (keyOf: () => string) => (email: string) =>
  `dev-${createHmac('sha256', keyOf()).update(email).digest('hex').slice(0, 10)}`;

/** `2026-03-01`, a date-time, or an age such as `90d`. */
const sinceMsOf = (text: string | undefined): number => {
  if (text === undefined) return 0;
  const age = /^(\d{1,5})d$/.exec(text);
  const ms = age === null ? Date.parse(text) : Date.now() - Number(age[1]) * 86_400_000;
  if (Number.isNaN(ms)) throw new MmmError('USAGE', `--since ${text}: give a date such as 2026-03-01, or an age such as 90d`);
  return ms;
};

const playbooksFrom = async (folder: string): Promise<readonly unknown[]> => {
  const files = await readPlaybookFiles(folder);
  const faults = files.flatMap((file) => (file.ok ? [] : file.findings.map((one) => `${file.file}: ${one.path}: ${one.message}; ${one.remedy}`)));
  if (faults.length > 0) throw new MmmError('PLAYBOOK_INVALID', faults.join('\n'));
  if (files.length === 0) throw new MmmError('USAGE', `${folder} holds no playbook`);
  return files.flatMap((file) => (file.ok ? [file.document] : []));
};

const runTry = async (io: CliIo, path: string, options: TryOptions): Promise<TryReport> => {
  const sinceMs = sinceMsOf(options.since);
  const playbooks = await playbooksFrom(options.playbooks === undefined ? STARTER_FOLDER : resolve(options.playbooks));
  const history = await openHistory(resolve(path));
  const tally = new TryTally(sinceMs);
  const running = await startTryEngine(playbooks, tally);
  const started = performance.now();
  let firstCommit = '';
  const walk = await walkHistory(
    firstIdSeen(history, (id) => (firstCommit = id)),
    running.engine,
    pseudonyms(() => firstCommit),
    (commits) => progress(io, commits, history.summary.commits),
  );
  await running.stop();
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  return buildReport({ summary: history.summary, walk, tally, sinceMs, names: options.names === true, refused: running.refused(), seconds: (performance.now() - started) / 1000 });
};

const firstIdSeen = (history: HistorySource, onFirst: (id: string) => void): HistorySource => ({
  summary: history.summary,
  commits: async function* () {
    let first = true;
    for await (const commit of history.commits()) {
      if (first) onFirst(commit.id);
      first = false;
      yield commit;
    }
  },
});

const progress = (io: CliIo, done: number, all: number): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${all} commits`);
  else if (!io.json && done % 5_000 === 0) io.err(`${done} of ${all} commits`);
};

export const tryCommand: CliCommand = {
  name: 'try',
  summary: "run the real pipeline over a git repository's own history and show what would have been said",
  register: (program: Command, io: CliIo) => {
    program
      .command('try')
      .description(`${tryCommand.summary}; writes nothing into it, starts nothing`)
      .argument('[path]', 'a git repository', '.')
      .option('--since <date or age>', 'show nudges from here on (2026-03-01, 90d); everything before is still counted')
      .option('--playbooks <folder>', 'playbooks to run instead of the starter set')
      .option('--html <file>', 'also write a self-contained page')
      .option('--names', 'author names instead of pseudonyms')
      .addOption(new Option('--rules', 'print the rules for tests, sources, fixes, reverts and bots, and end'))
      .action(async (path: string, options: TryOptions) => {
        if (options.rules === true) return io.out(JSON.stringify(HISTORY_RULES, null, 2));
        const report = await runTry(io, path, options);
        if (io.json) io.out(JSON.stringify(report));
        else for (const line of reportAsText(report)) io.out(line);
        if (options.html !== undefined) {
          await writeFile(resolve(options.html), reportAsHtml(report));
          io.err(`Page written: ${resolve(options.html)}`);
        }
      });
  },
};
