import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MmmError } from '../../errors.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { identify, isRunning } from './process-identity.ts';
import type { ServerContext, ServerKind } from './server-command.ts';
import type { RunningPart, StackPart } from './stack.ts';
import { killProcess, stopProcess } from './stop-process.ts';
import type { ServerProcess } from './state-file.ts';
import { writeState } from './state-file.ts';

/** Between two questions whether the server answers. */
const POLL_MS = 50;
/** Kafka after a kill on a loaded two-core machine took 12 s to recover its log; five times that. */
const READY_WITHIN_MS = 60_000;
const LOG_TAIL_LINES = 12;

/**
 * One local server process. States: stopped (no live identity in the state file) and running (identity alive); only `start`,
 * `stop` and `kill` change it, and each leaves the state file true before it resolves. The process is detached and writes to a
 * log file, so it outlives this process unless it is stopped.
 */
export class LocalServer implements RunningPart {
  readonly part: StackPart;
  readonly #kind: ServerKind;
  readonly #context: ServerContext;

  constructor(kind: ServerKind, context: ServerContext) {
    this.part = kind.part;
    this.#kind = kind;
    this.#context = context;
  }

  pid(): number | undefined {
    return this.#stored()?.pid;
  }

  get logFile(): string {
    return join(this.#context.dataDir, 'logs', `${this.part}.log`);
  }

  /** True when it runs and answers now. */
  async answers(): Promise<boolean> {
    return (await this.#alive()) && (await this.#ready());
  }

  /** Starts the process and waits until it answers a real request. A leftover that runs without answering is stopped first. */
  async start(): Promise<void> {
    const began = performance.now();
    await this.stop();
    await this.#kind.prepare(this.#context);
    await this.#spawn();
    const end = performance.now() + READY_WITHIN_MS;
    while (!(await this.#ready())) {
      if (!(await this.#alive())) throw await this.#failure('ended at once');
      if (performance.now() > end) throw await this.#failure('does not answer');
      await delay(POLL_MS);
    }
    await this.#kind.finish?.(this.#context);
    this.#context.log(`${this.part} is up (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  }

  async stop(): Promise<void> {
    const known = await this.#identity();
    if (known !== undefined) await stopProcess(known, this.#stored()?.stopSignal ?? 'SIGTERM');
    this.#remember(undefined);
  }

  async kill(): Promise<void> {
    const known = await this.#identity();
    if (known !== undefined) await killProcess(known);
    this.#remember(undefined);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async #spawn(): Promise<void> {
    const { command, args, marker, stopSignal, uid, gid } = await this.#kind.command(this.#context);
    mkdirSync(join(this.#context.dataDir, 'logs'), { recursive: true });
    const logFd = openSync(this.logFile, 'a');
    try {
      const known = { program: basename(command), marker, stopSignal };
      this.#remember(known);
      const owner = uid === undefined || gid === undefined ? {} : { uid, gid };
      const child = spawn(command, args, { ...owner, detached: true, stdio: ['ignore', logFd, logFd] });
      if (child.pid !== undefined) this.#remember({ ...known, pid: child.pid });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', (cause) =>
          reject(new MmmError('STACK_START_FAILED', `${this.part}: ${command} can not be run`, { cause })),
        );
      });
      child.unref();
    } finally {
      closeSync(logFd);
    }
  }

  #stored(): ServerProcess | undefined {
    return this.#context.state.processes[this.part];
  }

  async #identity(): Promise<ProcessIdentity | undefined> {
    const stored = this.#stored();
    return stored === undefined ? undefined : await identify(stored);
  }

  async #alive(): Promise<boolean> {
    const known = await this.#identity();
    return known !== undefined && (await isRunning(known));
  }

  async #ready(): Promise<boolean> {
    return await this.#kind.ready(this.#context).catch(() => false);
  }

  #remember(known: ServerProcess | undefined): void {
    if (known === undefined) delete this.#context.state.processes[this.part];
    else this.#context.state.processes[this.part] = known;
    writeState(this.#context.dataDir, this.#context.state);
  }

  async #failure(what: string): Promise<MmmError> {
    const text = await readFile(this.logFile, 'utf8').catch(() => '');
    const tail = text.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
    return new MmmError('STACK_START_FAILED', `${this.part} ${what}; see ${this.logFile}\n${tail}`);
  }
}
