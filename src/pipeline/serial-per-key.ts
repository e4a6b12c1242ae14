const settle = (): void => undefined;

export type SerialPerKey = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/**
 * Runs work of one key one after the other, in the order it came, and that of different keys side by side. Holds nothing of a key without work.
 * Unlike actor-lanes.ts it takes work as it comes, not as a list.
 */
export const serialPerKey = (): SerialPerKey => {
  const tails = new Map<string, Promise<void>>();
  return (key, work) => {
    const run = (tails.get(key) ?? Promise.resolve()).then(work);
    const tail = run.then(settle, settle).then(() => {
      if (tails.get(key) === tail) tails.delete(key);
    });
    tails.set(key, tail);
    return run;
  };
};
