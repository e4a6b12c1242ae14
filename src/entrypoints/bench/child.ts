import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { MmmError } from '../../errors.ts';

const STOP_WAIT_MS = 20_000;

export interface Child {
  readonly pid: number;
  /** Rejects when it has ended; for races with what is waited for. */
  readonly ended: Promise<never>;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** For a benchmark that is broken off: none of its processes stays. */
export const killChildren = (): void => {
  for (const child of running) child.kill('SIGKILL');
};

/** A Node program of ours as a process of its own, its output in `log`. */
export const startChild = (
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  log: string,
  nodeArgs: readonly string[] = [],
): Child => {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning', ...nodeArgs, ...args],
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const file = createWriteStream(log, { flags: 'a' });
  child.stdout?.pipe(file, { end: false });
  child.stderr?.pipe(file, { end: false });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const exited = once(child, 'exit');
  const ended = exited.then(([code, signal]: unknown[]) => {
    throw new MmmError('INTERNAL_ERROR', `a process of the benchmark ended (${String(code ?? signal)}), see ${log}`);
  });
  ended.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        const hard = setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS);
        await exited;
        clearTimeout(hard);
      }
      file.end();
    },
  };
};
