import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const CLI = fileURLToPath(new URL('../../../src/entrypoints/cli/main.ts', import.meta.url));

/** Two busy cores and a rebalance are in here; it only ends a hang. */
const WAIT_MS = 90_000;
const LOOK_EVERY_MS = 50;

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface EngineOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Default: the command line's. */
  readonly program?: string;
  /** Instead of a program of ours. */
  readonly command?: readonly [string, ...string[]];
  /** A group of its own, so that a test can do what a terminal does to all of its processes. */
  readonly detached?: boolean;
}

/** What a program needs that is no setting of the engine: those come from the test alone. */
const inherited = (): Record<string, string> =>
  Object.fromEntries(['PATH', 'HOME', 'NODE_COMPILE_CACHE'].map((name) => [name, process.env[name] ?? '']));

/** The engine as a whole process: what it prints, what it logs, and its end. */
export class EngineProcess {
  readonly child: ChildProcess;
  readonly logs: LogLine[] = [];
  readonly printed: string[] = [];
  /** Everything it wrote to standard error, as bytes came. */
  rawLog = '';
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor({ env, args = ['serve'], program = CLI, command, detached = false }: EngineOptions) {
    const ours = [process.execPath, '--disable-warning=ExperimentalWarning', program, ...args] as const;
    const [executable, ...rest] = command ?? ours;
    this.child = spawn(executable, rest, {
      cwd: root,
      env: { ...inherited(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached,
    });
    this.exited = once(this.child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.printed.push(line));
    createInterface({ input: this.child.stderr! }).on('line', (line) => {
      this.rawLog += `${line}\n`;
      if (line.startsWith('{')) this.logs.push(JSON.parse(line) as LogLine);
    });
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  logged(event: string): readonly LogLine[] {
    return this.logs.filter((line) => line.event === event);
  }

  /** Waits for a log line of this name; fails with the end of the log if the process ends first. */
  async log(event: string, accept: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    return await waitFor(`log line ${event}`, () => {
      const found = this.logged(event).find(accept);
      if (found === undefined && !this.running) throw new Error(`the engine ended: ${this.rawLog.slice(-3_000)}`);
      return Promise.resolve(found ?? null);
    });
  }

  async apiUrl(): Promise<string> {
    return String((await this.log('http_listening'))['address']);
  }

  async metricsUrl(): Promise<string> {
    return `${String((await this.log('metrics_listening'))['address'])}/metrics`;
  }

  /** Resolves once `/v1/mmm/ready` says so. */
  async ready(): Promise<this> {
    const url = `${await this.apiUrl()}/v1/mmm/ready`;
    await waitFor('readiness', async () => ((await statusOf(url)) === 200 ? true : null));
    return this;
  }

  /** Sum of the samples of a metric whose labels include `labels`. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const text = await (await fetch(await this.metricsUrl())).text();
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => wanted.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  /** A line on standard output that matches; answers the first group, or the line. */
  async prints(pattern: RegExp): Promise<string> {
    return await waitFor(`printed ${String(pattern)}`, () => {
      const found = this.printed.map((line) => pattern.exec(line)).find((match) => match !== null);
      if (found === undefined && !this.running) throw new Error(`the engine ended: ${this.rawLog.slice(-3_000)}`);
      return Promise.resolve(found?.[1] ?? found?.[0] ?? null);
    });
  }

  /** What a terminal does: everything in the group gets it. Only for `detached`. */
  async endGroup(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const group = this.child.pid!;
    if (this.running) process.kill(-group, signal);
    const end = await this.exited;
    // The first of the group may be gone before the last.
    await waitFor('the end of the group', () => Promise.resolve(groupLives(group) ? null : true));
    return end;
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (this.running) this.child.kill(signal);
    return await this.exited;
  }
}

const groupLives = (group: number): boolean => {
  try {
    return process.kill(-group, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
};

const statusOf = async (url: string): Promise<number> =>
  await fetch(url).then(
    (response) => response.status,
    () => 0,
  );

/** Looks until the answer is not null. For what has no event to wait for: another process's stores. */
export const waitFor = async <T>(what: string, look: () => Promise<T | null>, withinMs = WAIT_MS): Promise<T> => {
  const until = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > until) throw new Error(`waited ${withinMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
};
