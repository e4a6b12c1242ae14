import { readPlaybookFiles, STARTER_FOLDER } from '../../../src/adapters/files/playbook-files.ts';
import { openHistory } from '../../../src/adapters/git/git-history.ts';
import { startTryEngine } from '../../../src/entrypoints/try-engine.ts';
import { buildReport, type TryReport } from '../../../src/replay/try/report.ts';
import { walkHistory } from '../../../src/replay/try/run-try.ts';
import { TryTally } from '../../../src/replay/try/tally.ts';
import { ENVIRONMENT } from './scripted-repository.ts';

export const starterPlaybooks = async (): Promise<unknown[]> =>
  (await readPlaybookFiles(STARTER_FOLDER)).flatMap((file) => (file.ok ? [file.document] : []));

/** A whole `try` over a repository, without its command line. Pseudonyms are the addresses themselves. */
export const tryOn = async (
  folder: string,
  options: { sinceMs?: number; playbooks?: readonly unknown[] } = {},
): Promise<TryReport> => {
  const history = await openHistory(folder, ENVIRONMENT);
  const sinceMs = options.sinceMs ?? null;
  const tally = new TryTally(sinceMs ?? 0);
  const running = await startTryEngine(options.playbooks ?? (await starterPlaybooks()), tally);
  try {
    const walk = await walkHistory(history, running.engine, (who) => who, {
      commitBy: (actorId, zone) => tally.commitBy(actorId, zone),
      done: () => {},
    });
    return buildReport({
      summary: history.summary,
      walk,
      tally,
      sinceMs,
      names: false,
      refused: running.refused(),
      seconds: 0,
    });
  } finally {
    await running.stop();
  }
};
