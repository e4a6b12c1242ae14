import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { createCelCompiler } from '../../adapters/cel/cel-compiler.ts';
import { uuidIds } from '../../adapters/ids/uuid-ids.ts';
import { openHistory } from '../../adapters/git/git-history.ts';
import { readPlaybookFiles, STARTER_FOLDER } from '../../adapters/files/playbook-files.ts';
import { MmmError } from '../../errors.ts';
import type { HistorySource } from '../../replay/try/history.ts';
import { HISTORY_RULES } from '../../replay/try/history-rules.ts';
import { reportAsHtml } from '../../replay/try/report-html.ts';
import { reportAsJson } from '../../replay/try/report-json.ts';
import { printableJson } from '../../replay/try/printable.ts';
import { programEnvironment } from '../../runtime/config.ts';
import { ProgressBar } from './progress-bar.ts';
import { reportAsText } from '../../replay/try/report-text.ts';
import { buildReport, type TryReport } from '../../replay/try/report.ts';
import { walkHistory } from '../../replay/try/run-try.ts';
import { TryTally } from '../../replay/try/tally.ts';
import { type ExplainedHold, HeldBackSamples } from '../../replay/try/held-back-samples.ts';
import { explainedJson, explainedLines } from '../../replay/try/explained-text.ts';
import { NO_CONTEXT } from '../no-context.ts';
import { startTryEngine } from '../try-engine.ts';
import type { CliCommand, CliIo } from './command.ts';

interface TryOptions {
  readonly since?: string;
  readonly playbooks?: string;
  readonly html?: string;
  readonly names?: true;
  readonly rules?: true;
  readonly explain?: string;
}

const EXPLAIN_MAX = 100;

/** Pseudonyms are stable within a repository and join nobody across two of them: the key is the id of its first commit. */
const pseudonyms = (history: HistorySource): ((who: string) => string) => {
  const known = new Map<string, string>();
  return (who) => {
    const made =
      known.get(who) ?? `dev-${createHmac('sha256', history.summary.rootId).update(who).digest('hex').slice(0, 10)}`;
    known.set(who, made);
    return made;
  };
};

/** `2026-03-01`, a date-time, or an age such as `90d`. */
const sinceMsOf = (text: string | undefined): number | null => {
  if (text === undefined) return null;
  const age = /^(\d{1,5})d$/.exec(text);
  const ms = age === null ? Date.parse(text) : Date.now() - Number(age[1]) * 86_400_000;
  if (Number.isNaN(ms))
    throw new MmmError('USAGE', `--since ${text}: give a date such as 2026-03-01, or an age such as 90d`);
  return ms;
};

const playbooksFrom = async (folder: string): Promise<readonly unknown[]> => {
  const files = await readPlaybookFiles(folder);
  const faults = files.flatMap((file) =>
    file.ok ? [] : file.findings.map((one) => `${file.file}: ${one.path}: ${one.message}; ${one.remedy}`),
  );
  if (faults.length > 0) throw new MmmError('PLAYBOOK_INVALID', faults.join('\n'));
  if (files.length === 0) throw new MmmError('USAGE', `${folder} holds no playbook`);
  return files.flatMap((file) => (file.ok ? [file.document] : []));
};

/** How many nudges that were held back are explained; 0 without the option. Throws USAGE. */
const explainCount = (text: string | undefined): number => {
  if (text === undefined) return 0;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > EXPLAIN_MAX)
    throw new MmmError('USAGE', `--explain ${text}: give a number from 1 to ${EXPLAIN_MAX}`);
  return count;
};

interface TryAnswer {
  readonly report: TryReport;
  readonly explained: readonly ExplainedHold[];
  readonly nameOf: (actorId: string) => string;
}

const runTry = async (io: CliIo, path: string, options: TryOptions): Promise<TryAnswer> => {
  const sinceMs = sinceMsOf(options.since);
  const playbooks = await playbooksFrom(options.playbooks === undefined ? STARTER_FOLDER : resolve(options.playbooks));
  const history = await openHistory(resolve(path), programEnvironment());
  const tally = new TryTally(sinceMs ?? 0);
  const wanted = explainCount(options.explain);
  const samples = wanted === 0 ? null : new HeldBackSamples(wanted, sinceMs ?? 0);
  const running = await startTryEngine(playbooks, {
    add: (commit) => tally.add(commit),
    committed: (commit) => samples?.add(commit),
  });
  const progress = new ProgressBar(io, history.summary.commits, 'commits');
  const started = performance.now();
  try {
    const walk = await walkHistory(history, running.engine, pseudonyms(history), {
      commitBy: (actorId, zone) => tally.commitBy(actorId, zone),
      done: (commits) => progress.at(commits),
    });
    const report = buildReport({
      summary: history.summary,
      walk,
      tally,
      sinceMs,
      names: options.names === true,
      refused: running.refused(),
      seconds: (performance.now() - started) / 1000,
    });
    const deps = { rules: running.rules, conditions: createCelCompiler(), context: NO_CONTEXT, ids: uuidIds };
    return {
      report,
      explained: samples?.explained(wanted, deps) ?? [],
      nameOf: (actorId) => (options.names === true ? (walk.people.get(actorId)?.name ?? actorId) : actorId),
    };
  } finally {
    progress.end();
    await running.stop();
  }
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
      .option(
        '--explain <n>',
        'also explain so many of the nudges that were held back: each gate, and what would have been enough',
      )
      .option('--names', 'author names instead of pseudonyms')
      .addOption(new Option('--rules', 'print the rules for tests, sources, fixes, reverts and bots, and end'))
      .action(async (path: string, options: TryOptions) => {
        if (options.rules === true) return io.out(JSON.stringify(HISTORY_RULES, null, 2));
        const { report, explained, nameOf } = await runTry(io, path, options);
        const asked = options.explain !== undefined;
        const more = asked ? { explained: explainedJson(explained, nameOf) } : {};
        if (io.json) io.out(printableJson({ ...reportAsJson(report), ...more }));
        else {
          for (const line of reportAsText(report)) io.out(line);
          if (asked) for (const line of explainedLines(explained, nameOf)) io.out(line);
        }
        if (options.html !== undefined) {
          await writeFile(resolve(options.html), reportAsHtml(report));
          io.err(`Page written: ${resolve(options.html)}`);
        }
      });
  },
};
