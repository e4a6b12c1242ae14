/** Thrown by `within`. The work itself goes on: only the waiting for it ends. */
export class DeadlineError extends Error {
  readonly type = 'DEADLINE';

  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
    this.name = 'DeadlineError';
  }
}

/** Waits for `work` at most `limitMs` ms. A later failure of the work is not reported again. */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(limitMs)), limitMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
