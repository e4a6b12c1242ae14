import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './run.ts';

/** Jest writes its results after the global teardown: what still runs this much later is something a suite left open. */
const LINGER_MS = 30_000;
/** From the polite signal to the hard one: the stack needs this to stop its stores. */
const GRACE_MS = 15_000;

export interface Suite {
  readonly name: string;
  readonly config: string;
  /** Narrows the configuration's own choice of files. */
  readonly testMatch?: readonly string[];
  readonly patterns: readonly string[];
  /** Ends a suite that hangs; far above what it takes on a slow machine. */
  readonly limitMs: number;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

function counts(resultFile: string, exitedWell: boolean, complaint: string | undefined): Counts {
  if (!existsSync(resultFile)) return { passed: 0, failed: 1, skipped: 0 };
  const results = JSON.parse(readFileSync(resultFile, 'utf8')) as JestResults;
  // A file that could not be loaded holds tests nobody counted: it stands for one failure.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const unexplained = (!exitedWell && failed === 0) || complaint !== undefined ? 1 : 0;
  return {
    passed: results.numPassedTests,
    failed: failed + unexplained,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

/** Ends jest and says why, when it runs too long or does not end after its last test. */
function guard(child: ChildProcess, resultFile: string, limitMs: number, complain: (why: string) => void): () => void {
  const startedAt = Date.now();
  let finishedAt: number | undefined;
  let hardTimer: NodeJS.Timeout | undefined;
  const timer = setInterval(() => {
    if (finishedAt === undefined && existsSync(resultFile)) finishedAt = Date.now();
    const lingers = finishedAt !== undefined && Date.now() - finishedAt > LINGER_MS;
    if (!lingers && Date.now() - startedAt < limitMs) return;
    clearInterval(timer);
    complain(
      lingers ? 'did not end after its last test: a suite left something running' : `ran over ${limitMs / 60_000} min`,
    );
    child.kill('SIGTERM');
    hardTimer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  }, 1_000);
  return () => {
    clearInterval(timer);
    clearTimeout(hardTimer);
  };
}

/** Runs one jest configuration with its output shown as it comes. A crash, a hang or a lost result counts as one failure. */
export async function runJest(suite: Suite): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'mmm-jest-'));
  const resultFile = join(folder, 'results.json');
  const args = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
  args.push('--config', suite.config, '--passWithNoTests', '--json', `--outputFile=${resultFile}`);
  if (process.env['CI'] !== undefined) args.push('--ci');
  for (const glob of suite.testMatch ?? []) args.push('--testMatch', glob);
  // testMatch takes a list: the separator keeps the patterns out of it.
  if (suite.patterns.length > 0) args.push('--', ...suite.patterns);

  let complaint: string | undefined;
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  const release = guard(child, resultFile, suite.limitMs, (why) => {
    complaint = why;
    process.stderr.write(`\njest (${suite.name}) ${why}\n`);
  });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.once('SIGTERM', forward).once('SIGINT', forward);
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    return counts(resultFile, status === 0, complaint);
  } finally {
    release();
    process.off('SIGTERM', forward).off('SIGINT', forward);
    rmSync(folder, { recursive: true, force: true });
  }
}
