import { describe, expect, test } from '@jest/globals';
import type { Logger } from '../../src/pipeline/ports/logger.ts';
import { Lifecycle } from '../../src/runtime/lifecycle.ts';

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => quiet };

const build = (failing: { start?: string; stop?: string } = {}): { lifecycle: Lifecycle; seen: string[] } => {
  const seen: string[] = [];
  const lifecycle = new Lifecycle(quiet);
  for (const name of ['database', 'intake', 'http']) {
    lifecycle.add(
      name,
      () => (failing.start === name ? Promise.reject(new Error(name)) : Promise.resolve(void seen.push(`+${name}`))),
      () => (failing.stop === name ? Promise.reject(new Error(name)) : Promise.resolve(void seen.push(`-${name}`))),
    );
  }
  return { lifecycle, seen };
};

describe('lifecycle', () => {
  test('starts in order, stops in reverse, once', async () => {
    const { lifecycle, seen } = build();
    await lifecycle.start();
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(seen).toEqual(['+database', '+intake', '+http', '-http', '-intake', '-database']);
  });

  test('rolls back a half start and says what failed', async () => {
    const { lifecycle, seen } = build({ start: 'http' });
    await expect(lifecycle.start()).rejects.toThrow('http');
    expect(seen).toEqual(['+database', '+intake', '-intake', '-database']);
  });

  test('a part that can not stop does not keep the others from stopping', async () => {
    const { lifecycle, seen } = build({ stop: 'intake' });
    await lifecycle.start();
    await lifecycle.stop();
    expect(seen).toEqual(['+database', '+intake', '+http', '-http', '-database']);
  });

  test('told to stop while a part is starting, it waits for that part and starts none after it', async () => {
    const { lifecycle, seen } = build();
    const slow = Promise.withResolvers<void>();
    lifecycle.add(
      'pipeline',
      () => slow.promise,
      () => Promise.resolve(void seen.push('-pipeline')),
    );
    lifecycle.add(
      'welcome',
      () => Promise.resolve(void seen.push('+welcome')),
      () => Promise.resolve(),
    );
    const started = lifecycle.start();
    while (lifecycle.busyWith !== 'pipeline') await Promise.resolve();
    const stopped = lifecycle.stop();
    expect(lifecycle.busyWith).toBe('pipeline');
    slow.resolve();
    await Promise.all([started, stopped]);
    expect(seen).toEqual(['+database', '+intake', '+http', '-pipeline', '-http', '-intake', '-database']);
    expect(lifecycle.busyWith).toBeNull();
  });
});
