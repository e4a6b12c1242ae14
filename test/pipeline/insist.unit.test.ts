import { expect, test } from '@jest/globals';
import { MmmError } from '../../src/errors.ts';
import { createInsist, type InsistDeps } from '../../src/pipeline/insist.ts';
import type { RawRecord } from '../../src/pipeline/ports/intake.ts';
import { quietLogger } from './harness.ts';
import { rawRecord } from './intake/harness.ts';

const away = new MmmError('DATABASE_UNAVAILABLE');
const raw: RawRecord = rawRecord({});

/** What is tried fails with these errors, one each time, and then answers. */
const open = (failures: unknown[], change: Partial<InsistDeps> = {}) => {
  const told: unknown[] = [];
  const pauses: number[] = [];
  const stopping = new AbortController();
  const made = createInsist({
    event: (stage) => `${stage}.again`,
    logger: { ...quietLogger, warn: (event, fields) => void told.push([event, fields]) },
    stopping: stopping.signal,
    pause: (ms) => Promise.resolve(void pauses.push(ms)),
    ...change,
  });
  const effort = {
    ...({ stage: 'intake', raw } as const),
    work: () => {
      if (failures.length > 0) throw failures.shift() as Error;
      return 'done';
    },
    giveUp: (code: string, attempt: number) => `${code} after ${attempt}`,
  };
  return { ...made, effort, told, pauses, stopping };
};

test('a dependency that is away is waited for, longer each time, and uses up none of the tries of a fault', async () => {
  const fault = new TypeError('secret text of a record');
  const { insist, effort, pauses, told } = open([away, fault, away, fault, away]);
  expect(await insist(effort)).toBe('done');
  expect(pauses).toEqual([100, 50, 200, 50, 400]);
  expect(told[1]).toEqual([
    'intake.again',
    { stage: 'intake', attempt: 1, code: 'TypeError', channel: raw.channel, lane: raw.lane, position: '0' },
  ]);
  expect(JSON.stringify(told)).not.toContain('secret');
});

test('the third unknown fault, and content that can not be read, are the record to blame', async () => {
  const fault = new TypeError('x');
  const unknown = open([fault, fault, fault]);
  expect(await unknown.insist(unknown.effort)).toBe('UNEXPECTED_FAILURE after 3');
  const poison = open([new MmmError('NOT_JSON')]);
  expect(await poison.insist(poison.effort)).toBe('NOT_JSON after 1');
});

test('the first failure of work that was tried outside counts', async () => {
  const fault = new TypeError('x');
  const { afterFailure, effort } = open([fault, fault]);
  expect(await afterFailure(fault, effort)).toBe('UNEXPECTED_FAILURE after 3');
});

test('what is about the installation goes back', async () => {
  const wrong = new MmmError('TOPIC_MISSING');
  const { insist, effort } = open([wrong]);
  await expect(insist(effort)).rejects.toBe(wrong);
});

test('a stop ends the wait with the failure, and whoever counts waits is told of both ends', async () => {
  const lanes: string[] = [];
  const { insist, effort, stopping } = open([away], {
    pause: undefined,
    blocked: (code) => {
      lanes.push(`+${code}`);
      stopping.abort();
      return () => void lanes.push(`-${code}`);
    },
  });
  await expect(insist(effort)).rejects.toBe(away);
  expect(lanes).toEqual(['+DATABASE_UNAVAILABLE', '-DATABASE_UNAVAILABLE']);
});
