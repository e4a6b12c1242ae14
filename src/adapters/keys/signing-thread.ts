import type { KeyObject } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { MmmError } from '../../errors.ts';
import { signTexts } from './sign-texts.ts';

/** Below this the way to the thread and back costs more than it spares. */
const WORTH_THE_WAY = 8;

interface Waiting {
  readonly resolve: (signatures: readonly string[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Signatures are a tenth of what a decided signal costs, and nothing depends on them until the commit: a micro-batch's go to a thread of their own in one
 * message. Node's thread pool was tried and is worse: a job for each signature cost the main thread more than signing.
 *
 * none -> running (first larger batch) -> none (the thread ended: what waited for it fails, the next batch starts another) -> closed
 */
export class SigningThread {
  readonly #key: KeyObject;
  readonly #waiting: Waiting[] = [];
  #thread: Worker | null = null;
  #closed = false;

  constructor(key: KeyObject) {
    this.#key = key;
  }

  sign(texts: readonly string[]): Promise<readonly string[]> {
    if (this.#closed || texts.length < WORTH_THE_WAY) return Promise.try(() => signTexts(this.#key, texts));
    this.#thread ??= this.#start();
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
    this.#waiting.push({ resolve, reject });
    this.#thread.postMessage(texts);
    return promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(new URL('./signing-thread-main.ts', import.meta.url), { workerData: this.#key });
    // A process that has nothing else to do may end.
    thread.unref();
    thread.on('message', (signatures: readonly string[]) => this.#waiting.shift()?.resolve(signatures));
    const ended = (cause: unknown): void => {
      if (this.#thread === thread) this.#thread = null;
      const error = new MmmError('INTERNAL_ERROR', 'the signing thread ended', { cause });
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    };
    thread.on('error', ended);
    thread.on('exit', ended);
    return thread;
  }
}
