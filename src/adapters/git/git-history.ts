import { PassThrough } from 'node:stream';
import type { Commit, HistorySource } from '../../replay/try/history.ts';
import { askGit, type GitPlace, startGit } from './git-process.ts';
import { inspectRepository, unreadable } from './inspect-repository.ts';
import { LOG_FORMAT, LogParser } from './log-parser.ts';

/** Read ahead while commits are decided, so that git is never waited for: some ten thousand commits. */
const READ_AHEAD_BYTES = 4 * 1024 * 1024;

/** Every option that the repository's configuration could set otherwise is named, so that the same history gives the same answer everywhere. */
const LOG = [
  'log',
  'HEAD',
  '--reverse',
  '--date-order',
  '--use-mailmap',
  '--encoding=UTF-8',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--no-renames',
  '--no-relative',
  '--no-notes',
  '--no-show-signature',
  '--diff-merges=off',
  '--submodule=short',
  '--ignore-submodules=none',
  '--numstat',
  '-z',
  `--format=${LOG_FORMAT}`,
];

/**
 * The history of a git repository, reading only: nothing of the repository is run, nothing is written into it, no network is used.
 * @throws MmmError NOT_A_REPOSITORY, REPOSITORY_EMPTY, REPOSITORY_UNREADABLE, PREREQUISITE_MISSING
 */
export const openHistory = async (
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<HistorySource> => {
  const place: GitPlace = { folder, environment };
  const summary = await inspectRepository(place);
  return { summary, commits: () => readCommits(place) };
};

async function* readCommits(place: GitPlace): AsyncGenerator<Commit> {
  const { child, ended } = startGit(place, LOG);
  const parser = new LogParser();
  let read = 0;
  try {
    const output = child.stdout.pipe(new PassThrough({ highWaterMark: READ_AHEAD_BYTES }));
    for await (const chunk of output as AsyncIterable<Buffer>) {
      for (const commit of parser.push(chunk)) {
        read += 1;
        yield commit;
      }
    }
    // Before the last commit, which may be cut in the middle.
    const { code, error } = await ended;
    if (code !== 0) {
      const partial = await askGit(place, ['config', '--get-regexp', '^remote\\..*\\.promisor$']);
      throw unreadable(
        place.folder,
        partial.code === 0
          ? `its history can not be read to the end (${read} commits could): it is a partial clone, and what it left out is not fetched here`
          : `its history can not be read to the end (${read} commits could)`,
        error,
      );
    }
    yield* parser.end();
  } finally {
    child.kill();
  }
}
