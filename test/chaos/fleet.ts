import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineProcess, type LogLine, waitFor } from '../e2e/support/engine-process.ts';

const RESTART_AFTER_MS = 300;

/** Workers as a supervisor runs them: one that ends is started again. */
export class Fleet {
  readonly #spawn: () => EngineProcess;
  /** Where the logs of the workers go when they end; null: nowhere. */
  readonly #logFolder: string | null;
  /** By pid of those that are to run. */
  readonly #engines = new Set<EngineProcess>();
  readonly #all: EngineProcess[] = [];
  #stopped = false;

  constructor(spawn: () => EngineProcess, logFolder: string | null = null) {
    this.#spawn = spawn;
    this.#logFolder = logFolder;
    process.once('exit', this.#killNow);
  }

  /** Whatever ends this process: no worker outlives it. */
  readonly #killNow = (): void => {
    for (const { child, running } of this.#all) if (running) child.kill('SIGKILL');
  };

  get running(): readonly EngineProcess[] {
    return [...this.#engines].filter((engine) => engine.running);
  }

  /** How many processes there were in all. */
  get started(): number {
    return this.#all.length;
  }

  add(): EngineProcess {
    const engine = this.#spawn();
    this.#engines.add(engine);
    this.#all.push(engine);
    void engine.exited.then(() => {
      if (this.#logFolder !== null)
        writeFileSync(join(this.#logFolder, `worker-${String(engine.child.pid)}.log`), engine.rawLog);
      if (!this.#engines.delete(engine) || this.#stopped) return;
      setTimeout(() => {
        if (!this.#stopped) this.add();
      }, RESTART_AFTER_MS);
    });
    return engine;
  }

  /** It stops in order and is not started again. */
  async retire(engine: EngineProcess): Promise<void> {
    this.#engines.delete(engine);
    await engine.end('SIGTERM');
  }

  async ready(): Promise<void> {
    await Promise.all(this.running.map((engine) => engine.ready()));
  }

  /** Every worker that there is gets it; each is started again. */
  async killAll(): Promise<void> {
    await Promise.all(this.running.map((engine) => engine.end('SIGKILL')));
  }

  /** All are gone, and stay away until `add`. */
  async stopAll(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const running = this.running;
    this.#engines.clear();
    await Promise.all(running.map((engine) => engine.end(signal)));
  }

  byPid(pid: number): EngineProcess | null {
    return this.#all.find(({ child }) => child.pid === pid) ?? null;
  }

  /** Lines that any worker has logged since `mark`. */
  logged(event: string, mark: Mark): readonly LogLine[] {
    return this.#all.flatMap((engine) => engine.logs.slice(mark.get(engine) ?? 0).filter((one) => one.event === event));
  }

  mark(): Mark {
    return new Map(this.#all.map((engine) => [engine, engine.logs.length]));
  }

  async waitForLog(event: string, mark: Mark, accept: (line: LogLine) => boolean, withinMs: number): Promise<LogLine> {
    return await waitFor(
      `a worker to log ${event}`,
      () => Promise.resolve(this.logged(event, mark).find(accept) ?? null),
      withinMs,
    );
  }

  /**
   * The last lines of workers whose exit code was not 0: one that ended itself because it could not be mended inside, or one that was told to end and ran
   * out of its time. A supervisor sees a restart.
   */
  endedWithFault(): readonly string[] {
    return this.#all.flatMap(({ child, rawLog }) =>
      child.exitCode === null || child.exitCode === 0 ? [] : [rawLog.trim().split('\n').slice(-1)[0] ?? ''],
    );
  }

  async end(): Promise<void> {
    this.#stopped = true;
    // A stopped process gets no SIGTERM before it goes on.
    for (const { child, running } of this.#all) if (running) child.kill('SIGCONT');
    await this.stopAll('SIGKILL');
    await Promise.all(this.#all.map((engine) => engine.end('SIGKILL')));
    process.off('exit', this.#killNow);
  }
}

export type Mark = ReadonlyMap<EngineProcess, number>;
