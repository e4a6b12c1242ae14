import { describe, expect, test } from '@jest/globals';
import { readLetter } from '../../../src/admin/dead-letters/letter.ts';
import { createPile } from '../../../src/admin/dead-letters/pile.ts';
import {
  planReplay,
  replayLetters,
  replayedRecord,
  type ReplayPlan,
} from '../../../src/admin/dead-letters/replay-letters.ts';
import { MmmError } from '../../../src/errors.ts';
import type { RawRecord } from '../../../src/pipeline/ports/intake.ts';
import type { OutputRecord } from '../../../src/pipeline/ports/records.ts';
import { cameBack, letterRecord, NOW_MS } from './letters.ts';

const planOf = (
  records: readonly RawRecord[],
  choice: { named?: boolean; again?: boolean; replayed?: string[] } = {},
): ReplayPlan => {
  const pile = createPile();
  for (const record of records) pile.add(record);
  return planReplay(pile.letters(new Set(choice.replayed)), {
    named: choice.named ?? false,
    again: choice.again ?? false,
  });
};

const offsets = (letters: ReplayPlan['send'] | undefined): bigint[] =>
  (letters ?? []).map(({ source }) => source.offset);

describe('what is sent', () => {
  test('is the record as it was: bytes, key, headers, and the marks', () => {
    const record = letterRecord({
      offset: 5,
      value: Buffer.from([0, 1, 255]),
      headers: { traceparent: 'tp', n: Buffer.from([255]), __proto__x: 'y' },
    });
    const sent = replayedRecord(readLetter(record)!, record, 'r1');
    expect(sent.topic).toBe('pm3.signals.normalized');
    expect(sent.key).toEqual(Buffer.from('k'));
    expect(sent.value).toEqual(Buffer.from([0, 1, 255]));
    expect(sent.headers).toEqual({
      traceparent: Buffer.from('tp'),
      n: Buffer.from([255]),
      __proto__x: Buffer.from('y'),
      'mmm-replay-id': 'r1',
      'mmm-replay-of': 'pm3.signals.normalized:0:5',
      'mmm-replay-timestamp': String(NOW_MS + 5),
      'mmm-replay-attempts': '1',
    });
  });

  test('names the first place for ever, however often it came back', () => {
    const first = letterRecord({ offset: 5, attempts: 3 });
    const again = cameBack(replayedRecord(readLetter(first)!, first, 'r1'), { offset: 90, minute: 1 });
    const sent = replayedRecord(readLetter(again)!, again, 'r2');
    expect(sent.headers).toEqual({
      'mmm-replay-id': 'r2',
      'mmm-replay-of': 'pm3.signals.normalized:0:5',
      'mmm-replay-timestamp': String(NOW_MS + 5),
      'mmm-replay-attempts': '4',
    });
  });
});

describe('the plan', () => {
  test('takes each record once, in the order of its lane', () => {
    const copy = { offset: 4 };
    const plan = planOf([
      letterRecord({ offset: 9, minute: 1 }),
      letterRecord(copy),
      letterRecord(copy),
      letterRecord({ offset: 6, minute: 7 }),
    ]);
    expect(offsets(plan.send)).toEqual([4n, 6n, 9n]);
  });

  test('leaves what can not or need not go, each with its reason', () => {
    const done = letterRecord({ offset: 2 });
    const { source, sourceTime } = readLetter(done)!;
    const replayed = [`${source.topic}:${source.partition}:${source.offset}@${sourceTime}`];
    const records = [
      letterRecord({ offset: 1, withheld: true, code: 'SECRET_FOUND' }),
      done,
      letterRecord({ offset: 3, attempts: 10 }),
      letterRecord({ offset: 4, topic: 'mmm.signals' }),
    ];
    const plan = planOf(records, { replayed });
    expect(plan.send).toEqual([]);
    expect([...plan.leave].map(([reason, letters]) => [reason, offsets(letters)]).sort()).toEqual([
      ['not_an_input', [4n]],
      ['replayed_already', [2n]],
      ['too_many_attempts', [3n]],
      ['withheld', [1n]],
    ]);
    expect(offsets(planOf(records, { replayed, again: true }).send)).toEqual([2n]);
    expect(offsets(planOf(records, { replayed, named: true }).send)).toEqual([3n]);
  });
});

const run = async (
  records: readonly RawRecord[],
  append: (batch: readonly OutputRecord[]) => Promise<void>,
  abortAfter = Infinity,
) => {
  const events: string[] = [];
  const controller = new AbortController();
  const pauses: number[] = [];
  const deps = {
    reader: {
      read: async (_topic: string, _options: object, onRecord: (record: RawRecord) => void | Promise<void>) => {
        for (const record of records) await onRecord(record);
      },
    },
    writer: {
      append: async (batch: readonly OutputRecord[]) => {
        await append(batch);
        events.push(`sent ${batch.length}`);
      },
      close: () => Promise.resolve(),
    },
    replayed: {
      identities: () => Promise.resolve(new Set<string>()),
      mark: (_id: string, letters: readonly object[]) => {
        events.push(`marked ${letters.length}`);
        return Promise.resolve();
      },
    },
    audit: {
      write: ({ what, details }: { what: string; details: Readonly<Record<string, unknown>> }) => {
        events.push(`${what} ${String(details['sent'] ?? details['letters'])}`);
        return Promise.resolve();
      },
    },
    pause: (ms: number) => {
      pauses.push(ms);
      if (pauses.length >= abortAfter) controller.abort();
      return Promise.resolve();
    },
  };
  const order = { replayId: 'r', who: 'me', reason: null, filter: {}, perSecond: 10 };
  const result = await replayLetters(deps, planOf(records), order, controller.signal).catch((error: unknown) => error);
  return { result, events, pauses };
};

describe('a run', () => {
  const five = (): RawRecord[] => [1, 2, 3, 4, 5].map((offset) => letterRecord({ offset }));

  test('goes at its rate; marks stand behind their records; the audit has a line before and after', async () => {
    const { result, events, pauses } = await run(five(), () => Promise.resolve());
    expect(result).toMatchObject({ sent: 5, left: 0, tooLarge: [] });
    expect(events).toEqual([
      'dlq_replay 5',
      'sent 2',
      'marked 2',
      'sent 2',
      'marked 2',
      'sent 1',
      'marked 1',
      'dlq_replay_ended 5',
    ]);
    expect(pauses).toEqual([200, 200]);
  });

  test('of nothing reads, sends and audits nothing', async () => {
    const { result, events } = await run([], () => Promise.resolve());
    expect(result).toEqual({ sent: 0, tooLarge: [], left: 0 });
    expect(events).toEqual([]);
  });

  test('that is interrupted says what is left', async () => {
    const { result, events } = await run(five(), () => Promise.resolve(), 1);
    expect(result).toMatchObject({ sent: 2, left: 3 });
    expect(events.at(-1)).toBe('dlq_replay_ended 2');
  });

  test('keeps only the record that is too large', async () => {
    const big = letterRecord({ offset: 2, value: 'big' });
    const append = (batch: readonly OutputRecord[]): Promise<void> =>
      batch.some(({ value }) => Buffer.from(value ?? '').toString() === 'big')
        ? Promise.reject(new MmmError('OUTPUT_TOO_LARGE'))
        : Promise.resolve();
    const { result } = await run([letterRecord({ offset: 1 }), big, letterRecord({ offset: 3 })], append);
    expect(result).toMatchObject({ sent: 2, left: 0, tooLarge: [{ source: { offset: 2n } }] });
  });

  test('that fails is in the audit, and nothing is marked that was not sent', async () => {
    const { result, events } = await run(five(), () => Promise.reject(new MmmError('LOG_UNAVAILABLE')));
    expect(result).toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(events).toEqual(['dlq_replay 5', 'dlq_replay_ended 0']);
  });
});
