import { join } from 'node:path';
import { beforeAll, expect } from '@jest/globals';
import { FAULTS } from '../chaos/faults/all-faults.ts';
import { reportText } from '../chaos/report.ts';
import { type ChaosOutcome, runChaos } from '../chaos/run-chaos.ts';
import { uniqueName } from '../infra/stack.ts';
import { testWithJava as test } from '../infra/test-with-java.ts';

const SEED = 20_260_304;
/** One of each family, the shortest of them; `npm run chaos` has them all. About a minute and a half on a quiet machine. */
const SET = [
  'redis-older',
  'postgres-terminated',
  'lose-reply-EndTxn',
  'lose-reply-Produce',
  'kill-after-offsets',
  'zombie-after-read',
  'http-burst',
  'broker-unreachable',
] as const;

let outcome: ChaosOutcome;

beforeAll(async () => {
  outcome = await runChaos({
    seed: SEED,
    only: SET.map((name) => FAULTS.find((fault) => fault.name === name)!),
    minutes: null,
    signalsPerSecond: 15,
    // The teardown of the run removes them, and keeps their logs and the workers' if a test failed.
    keepServers: true,
    dataDir: join(process.env['MMM_TEST_RUN_FOLDER']!, uniqueName('chaos')),
    tell: () => undefined,
  });
  process.stderr.write(reportText(outcome));
}, 600_000);

test('through all of it nothing is lost, doubled, out of order or over a cap', () => {
  expect(outcome.findings).toEqual([]);
});

test('each fault happened, and there was work for it', () => {
  expect(outcome.injected.map(({ fault }) => fault)).toEqual([...SET]);
  expect(outcome.signals).toBeGreaterThan(200);
  expect(outcome.decisions).toBeGreaterThan(100);
  expect(outcome.deadLetters).toBeGreaterThan(5);
});
