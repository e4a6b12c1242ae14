import { API, type ApiName } from './kafka-api-keys.ts';

/** A request or reply that is kept and sent on later. */
export type LateFate = 'late-request' | 'slow-request' | 'late-reply';

/**
 * What becomes of one request:
 * - `lose-request`  it never reaches the broker, and the client's connection breaks
 * - `lose-reply`    the broker has done it, and the client's connection breaks when its reply comes
 * - `late-request`  the client's connection breaks now, and the request reaches the broker later all the same
 * - `slow-request`  the same, and the client waits
 * - `late-reply`    the reply comes later; others overtake it
 * - bytes           the broker is not asked: this is the reply's body
 */
export type Fate = 'lose-request' | 'lose-reply' | LateFate | Buffer;

export interface Ordered {
  /** True when it has happened to the last of the requests, false when it was forgotten before. */
  readonly happened: Promise<boolean>;
}

export interface Kept {
  /** Resolves when it is there. */
  readonly arrived: Promise<void>;
  /** Sends it on and resolves with the body of the broker's reply. */
  release(): Promise<Buffer>;
}

export type Release = () => Promise<Buffer>;

/** The fate of one request. */
export interface Rule {
  readonly apiKey: number;
  readonly fate: Fate;
  readonly end: (happened: boolean) => void;
  /** Of a late fate: it is there. */
  readonly held: (release: Release) => void;
}

/** The fates of requests to come. Those of one kind are used up in the order in which they were made. */
export class Fates {
  readonly #rules: Rule[] = [];
  readonly #lateMs: number;

  /** `lateMs`: what is late and not kept by the caller comes after this time. */
  constructor(lateMs: number) {
    this.#lateMs = lateMs;
  }

  next(api: ApiName, fate: Fate, times: number): Ordered {
    const each = Array.from({ length: times }, async () => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      this.#rules.push({ apiKey: API[api], fate, end: resolve, held: (release) => this.#releaseLater(release) });
      return await promise;
    });
    return { happened: Promise.all(each).then((all) => all.every(Boolean)) };
  }

  keep(api: ApiName, fate: LateFate): Kept {
    const { promise, resolve } = Promise.withResolvers<Release>();
    this.#rules.push({ apiKey: API[api], fate, end: () => undefined, held: resolve });
    return { arrived: promise.then(() => undefined), release: async () => (await promise)() };
  }

  forget(): void {
    for (const rule of this.#rules.splice(0)) rule.end(false);
  }

  take(apiKey: number): Rule | null {
    const at = this.#rules.findIndex((rule) => rule.apiKey === apiKey);
    return at < 0 ? null : this.#rules.splice(at, 1)[0]!;
  }

  /** They did not happen to the requests that they were taken for. */
  giveBack(rules: readonly Rule[]): void {
    this.#rules.unshift(...rules);
  }

  #releaseLater(release: Release): void {
    // A broker that has gone meanwhile gets nothing: then the request is lost, which a late one may be.
    setTimeout(() => void release().catch(() => undefined), this.#lateMs).unref();
  }
}
