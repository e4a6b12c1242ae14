/**
 * Runs work that ends early when its signal fires: on Ctrl-C, SIGTERM, or `also`. The second Ctrl-C ends the process as usual. Ended in order, a
 * database that was started for this command is stopped too.
 */
export const interruptible = async <T>(work: (signal: AbortSignal) => Promise<T>, also?: AbortSignal): Promise<T> => {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (also?.aborted === true) abort();
  also?.addEventListener('abort', abort, { once: true });
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, abort);
  try {
    return await work(controller.signal);
  } finally {
    also?.removeEventListener('abort', abort);
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, abort);
  }
};
