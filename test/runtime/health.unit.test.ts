import { expect, test } from '@jest/globals';
import { createReadiness, READINESS_TTL_MS } from '../../src/runtime/health.ts';
import { quietLogger } from '../pipeline/harness.ts';

interface Watched {
  now: number;
  up: boolean;
  asked: number;
  ready: ReturnType<typeof createReadiness>;
}

const open = (): Watched => {
  const state: Watched = {
    now: 0,
    up: true,
    asked: 0,
    ready: createReadiness(
      [
        { name: 'always', check: () => Promise.resolve() },
        {
          name: 'database',
          check: () => {
            state.asked++;
            return state.up ? Promise.resolve() : Promise.reject(new Error('away'));
          },
        },
      ],
      { clock: { now: () => 0, monotonicMs: () => state.now }, logger: quietLogger },
    ),
  };
  return state;
};

test('ready when every check is, else it names what is away', async () => {
  const state = open();
  expect(await state.ready()).toEqual({ ready: true, failing: [] });
  state.up = false;
  state.now += READINESS_TTL_MS;
  expect(await state.ready()).toEqual({ ready: false, failing: ['database'] });
});

test('many probes at once, and within a second, ask a store once', async () => {
  const state = open();
  await Promise.all(Array.from({ length: 50 }, () => state.ready()));
  state.now += READINESS_TTL_MS - 1;
  await state.ready();
  expect(state.asked).toBe(1);
});

test('a check that hangs or throws is away', async () => {
  const deps = { clock: { now: () => 0, monotonicMs: () => 0 }, logger: quietLogger };
  const checks = [
    { name: 'hangs', check: () => new Promise<void>(() => {}) },
    {
      name: 'throws',
      check: (): Promise<void> => {
        throw new Error('at once');
      },
    },
  ];
  expect(await createReadiness(checks, deps)()).toEqual({ ready: false, failing: ['hangs', 'throws'] });
});
