import { spawn } from 'node:child_process';
import { MmmError } from '../../errors.ts';
import type { Commit, ChangedFile, HistorySource, HistorySummary } from '../../replay/try/history.ts';

/** Fields of a commit, then its files; NUL between all of them, so that no name, subject or path can be taken for another. */
const FORMAT = '%x01%H%x00%P%x00%aN%x00%aE%x00%aI%x00%ct%x00%s%x00%b%x00';

/** Longest piece of output that is held while looking for the end of a commit: one commit of some hundred thousand files. */
const MAX_PENDING_CHARS = 512 * 1024 * 1024;

/**
 * The history of a git repository as `git log` tells it. Reads only: no hook, no pager, no configuration of the repository that could run a program
 * (fsmonitor, external diff, text conversion) is used, because the repository is a stranger's. Throws NOT_A_REPOSITORY, PREREQUISITE_MISSING.
 */
export const openHistory = async (path: string): Promise<HistorySource> => {
  const summary = await summarise(path);
  return { summary, commits: () => readCommits(path) };
};

const SAFE = ['-c', 'core.fsmonitor=false', '-c', 'core.pager=cat', '-c', 'diff.external=', '-c', 'log.showSignature=false', '-c', 'core.quotePath=false'];

const summarise = async (path: string): Promise<HistorySummary> => {
  const inside = await git(path, ['rev-parse', '--is-inside-work-tree', '--is-bare-repository', '--is-shallow-repository']);
  if (inside.code !== 0) throw notARepository(path, 'git finds no repository there', inside.error);
  const [, bare, shallow] = inside.output.trim().split('\n');
  const count = await git(path, ['rev-list', '--count', 'HEAD']);
  if (count.code !== 0) throw notARepository(path, 'it has no commits on HEAD, or its objects can not be read', count.error);
  const top = await git(path, bare === 'true' ? ['rev-parse', '--absolute-git-dir'] : ['rev-parse', '--show-toplevel']);
  const folder = top.output.trim().replace(/\/?\.git$/, '');
  return {
    name: folder.split('/').at(-1) ?? 'repository',
    commits: Number(count.output.trim()),
    bare: bare === 'true',
    shallow: shallow === 'true',
  };
};

const notARepository = (path: string, why: string, gitSays: string): MmmError =>
  new MmmError('NOT_A_REPOSITORY', `${path}: ${why}`, { details: { git: gitSays.split('\n')[0]?.slice(0, 200) ?? '' } });

const git = async (path: string, args: readonly string[]): Promise<{ code: number; output: string; error: string }> => {
  const child = start(path, args);
  let output = '';
  let error = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text));
  return { code: await exitOf(child), output, error };
};

const start = (path: string, args: readonly string[]) =>
  spawn('git', ['-C', path, ...SAFE, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
  });

const exitOf = (child: ReturnType<typeof start>): Promise<number> =>
  new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new MmmError('PREREQUISITE_MISSING', 'git is not installed') : error),
    );
    child.on('close', (code) => resolve(code ?? 1));
  });

async function* readCommits(path: string): AsyncGenerator<Commit> {
  const child = start(path, [
    'log', 'HEAD', '--reverse', '--date-order', '--use-mailmap', '--no-ext-diff', '--no-textconv', '--no-renames', '--no-color', '--numstat', '-z', `--format=${FORMAT}`,
  ]);
  const exited = exitOf(child);
  let error = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (error = `${error}${text}`.slice(-2_000)));
  let pending = '';
  try {
    for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      pending += chunk;
      const last = pending.lastIndexOf('\u0001');
      if (last <= 0) {
        if (pending.length > MAX_PENDING_CHARS) throw new MmmError('NOT_A_REPOSITORY', 'one commit of it is larger than can be read');
        continue;
      }
      for (const text of pending.slice(0, last).split('\u0001')) if (text !== '') yield parseCommit(text);
      pending = pending.slice(last);
    }
    const rest = pending.slice(1);
    if (rest !== '') yield parseCommit(rest);
    if ((await exited) !== 0) throw notARepository(path, 'its history can not be read to the end', error);
  } finally {
    child.kill();
  }
}

const parseCommit = (text: string): Commit => {
  const [id = '', parents = '', name = '', email = '', authorDate = '', committerSeconds = '', subject = '', body = '', ...files] = text.split('\0');
  return {
    id,
    parents: parents === '' ? [] : parents.split(' '),
    authorName: name,
    authorEmail: email,
    zone: zoneOf(authorDate),
    committedAtMs: Number(committerSeconds) * 1000,
    message: `${subject}\n${body}`,
    files: files.flatMap(parseFile),
  };
};

/** `+05:30` of an ISO date, `+00:00` where git writes Z. */
const zoneOf = (date: string): string => /[+-]\d{2}:\d{2}$/.exec(date)?.[0] ?? '+00:00';

/** `12\t3\tpath`; `-` for binary files. The first entry follows a line break after the format. */
const parseFile = (entry: string): ChangedFile[] => {
  const match = /^\n?(\d+|-)\t(\d+|-)\t([\s\S]+)$/.exec(entry);
  if (match === null) return [];
  const number = (value: string): number => (value === '-' ? 0 : Number(value));
  return [{ path: match[3]!, insertions: number(match[1]!), deletions: number(match[2]!) }];
};
