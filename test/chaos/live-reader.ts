import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { kcatInstalled } from '../infra/kcat.ts';

/** One record as it went by. */
export interface Passed {
  readonly partition: number;
  readonly offset: number;
  /** Length of the value, to compare with what is read at the end. */
  readonly bytes: number;
  readonly signalId: string | null;
}

const RESTART_AFTER_MS = 500;

/** A `read_committed` consumer that reads on while the faults happen, with a client that has nothing of ours (librdkafka). */
export class LiveReader {
  readonly #brokers: string;
  readonly #topics: readonly string[];
  readonly #children = new Set<ChildProcess>();
  readonly #seen = new Map<string, Map<string, Passed>>();
  readonly #signals = new Set<string>();
  #ended = false;

  /** Whatever ends this process: no reader outlives it. */
  readonly #killNow = (): void => {
    for (const child of this.#children) child.kill('SIGKILL');
  };

  constructor(brokers: readonly string[], topics: readonly string[]) {
    this.#brokers = brokers.join(',');
    this.#topics = topics;
    process.once('exit', this.#killNow);
  }

  /** False: no such client is installed here, and nothing is read meanwhile. */
  async start(): Promise<boolean> {
    if (!(await kcatInstalled())) return false;
    for (const topic of this.#topics) this.#follow(topic);
    return true;
  }

  /** A signal whose record has gone by. */
  hasSeen(signalId: string): boolean {
    return this.#signals.has(signalId);
  }

  /** By `partition/offset`. */
  seen(topic: string): ReadonlyMap<string, Passed> {
    return this.#seen.get(topic) ?? new Map<string, Passed>();
  }

  end(): void {
    this.#ended = true;
    this.#killNow();
    process.off('exit', this.#killNow);
  }

  #follow(topic: string): void {
    // prettier-ignore
    const args = [
      '-C', '-b', this.#brokers, '-t', topic, '-o', 'beginning', '-q', '-u', '-E',
      '-X', 'isolation.level=read_committed', '-X', 'reconnect.backoff.max.ms=1000', '-f', String.raw`%p\t%o\t%S\t%h\n`,
    ];
    const child = spawn('kcat', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#children.add(child);
    let held = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      const lines = (held + text).split('\n');
      held = lines.pop() ?? '';
      for (const line of lines) this.#note(topic, line);
    });
    child.once('exit', () => {
      this.#children.delete(child);
      // From the beginning: what it read before is known by partition and offset.
      if (!this.#ended) void delay(RESTART_AFTER_MS).then(() => (this.#ended ? undefined : this.#follow(topic)));
    });
  }

  #note(topic: string, line: string): void {
    const [partition, offset, bytes, headers = ''] = line.split('\t');
    const signalId = /(?:^|,)mmm-signal-id=([^,]*)/.exec(headers)?.[1] ?? null;
    const passed = { partition: Number(partition), offset: Number(offset), bytes: Number(bytes), signalId };
    const ofTopic = this.#seen.get(topic) ?? new Map<string, Passed>();
    ofTopic.set(`${passed.partition}/${passed.offset}`, passed);
    this.#seen.set(topic, ofTopic);
    if (signalId !== null) this.#signals.add(signalId);
  }
}
