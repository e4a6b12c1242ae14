import { expect, test } from '@jest/globals';
import { serialPerKey } from '../../src/pipeline/serial-per-key.ts';

test('work of one key never overlaps and keeps its order, also after a failure; other keys do not wait', async () => {
  const alone = serialPerKey();
  const log: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const work = (name: string) => async (): Promise<string> => {
    log.push(`${name} begins`);
    const gate = Promise.withResolvers<void>();
    gates.set(name, gate);
    await gate.promise;
    log.push(`${name} ends`);
    return name;
  };
  const [a1, a2, b] = [alone('a', work('a1')), alone('a', work('a2')), alone('b', work('b'))];
  const failed = a1.catch((error: unknown) => error);
  await new Promise(setImmediate);
  expect(log).toEqual(['a1 begins', 'b begins']);
  gates.get('b')!.resolve();
  expect(await b).toBe('b');
  gates.get('a1')!.reject(new Error('a1 failed'));
  expect(await failed).toBeInstanceOf(Error);
  await new Promise(setImmediate);
  expect(log).toEqual(['a1 begins', 'b begins', 'b ends', 'a2 begins']);
  gates.get('a2')!.resolve();
  expect(await a2).toBe('a2');
  expect(
    await alone('a', () => {
      throw new Error('at once');
    }).catch((error: unknown) => (error as Error).message),
  ).toBe('at once');
});
