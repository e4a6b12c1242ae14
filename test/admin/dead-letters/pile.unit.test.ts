import { describe, expect, test } from '@jest/globals';
import { EVERY_LETTER, createLetterFilter } from '../../../src/admin/dead-letters/filter.ts';
import { identityOf, readLetter } from '../../../src/admin/dead-letters/letter.ts';
import { createPile, totalsByCode } from '../../../src/admin/dead-letters/pile.ts';
import { replayedRecord } from '../../../src/admin/dead-letters/replay-letters.ts';
import type { RawRecord } from '../../../src/pipeline/ports/intake.ts';
import { cameBack, letterRecord, NOW_MS, sha256 } from './letters.ts';

const pileOf = (...records: RawRecord[]) => {
  const pile = createPile();
  for (const record of records) pile.add(record);
  return pile;
};

describe('a letter', () => {
  test('says where, when, why and whose', () => {
    const letter = readLetter(
      letterRecord({ partition: 3, offset: 7, stage: 'intake', code: 'NOT_JSON' }, { lane: 2, position: 9n }),
    );
    expect(letter).toMatchObject({
      at: { topic: 'mmm.dlq', partition: 2, offset: 9n },
      source: { topic: 'pm3.signals.normalized', partition: 3, offset: 7n },
      code: 'NOT_JSON',
      stage: 'intake',
      failedAtMs: NOW_MS,
      attempts: 1,
      tenant: 'acme',
      withheld: null,
      replay: null,
    });
  });

  test('that holds a secret is length and digest, and names nobody', () => {
    const letter = readLetter(letterRecord({ code: 'SECRET_FOUND', value: 'abc', withheld: true }));
    expect(letter).toMatchObject({ withheld: { bytes: 3, sha256: sha256('abc') }, tenant: null });
  });

  test('whose record only looks withheld is not: it has its key or its headers', () => {
    const notice = `{"withheld":true,"bytes":3,"sha256":"${sha256('abc')}"}`;
    expect(readLetter(letterRecord({ value: notice }))?.withheld).toBeNull();
    expect(readLetter(letterRecord({ value: notice, key: null, headers: { n: '1' } }))?.withheld).toBeNull();
  });

  test('names the tenant of a topic keyed by tenant also where the value can not be read', () => {
    const rubbish = { value: Buffer.from([0xff, 0xfe]), key: 'acme' };
    expect(readLetter(letterRecord({ ...rubbish, topic: 'ubi.behavioural_signals' }))?.tenant).toBe('acme');
    expect(readLetter(letterRecord(rubbish))?.tenant).toBeNull();
  });

  test('is none of ours without a place in a topic of ours', () => {
    const record = letterRecord();
    expect(readLetter({ ...record, headers: {} })).toBeNull();
    expect(readLetter({ ...record, headers: { ...record.headers, 'mmm-dlq-topic': 'elsewhere' } })).toBeNull();
    expect(pileOf({ ...record, headers: {} }).foreign).toBe(1);
  });
});

describe('a pile', () => {
  test('counts copies of one source once, and a topic made anew apart', () => {
    const copy = { offset: 4, minute: 1 };
    const other = letterRecord({ offset: 4, minute: 2 });
    const anew = { ...other, headers: { ...other.headers, 'mmm-dlq-timestamp': '2020-01-01T00:00:00.000Z' } };
    const letters = pileOf(letterRecord(copy), letterRecord({ offset: 5 }), letterRecord(copy), anew).letters(
      new Set(),
    );
    expect(letters.map(({ letter, copies }) => [letter.source.offset, copies])).toEqual([
      [4n, 1],
      [4n, 2],
      [5n, 1],
    ]);
    expect(totalsByCode(letters)).toEqual([['TENANT_MISSING', 3]]);
  });

  test('a letter that came back stands for those before it, in whatever order they are read', () => {
    const first = letterRecord({ offset: 1 });
    const again = cameBack(replayedRecord(readLetter(first)!, first, 'r1'), {
      offset: 8,
      minute: 5,
      code: 'ID_MISSING',
    });
    const third = cameBack(replayedRecord(readLetter(again)!, again, 'r2'), {
      offset: 9,
      minute: 6,
      code: 'ID_MISSING',
    });
    for (const records of [
      [first, again, third],
      [third, first, again],
      [again, third, again, first],
    ]) {
      const letters = pileOf(...records).letters(new Set());
      expect(letters).toHaveLength(1);
      expect(letters[0]).toMatchObject({
        earlier: 2,
        letter: { code: 'ID_MISSING', attempts: 3, source: { offset: 9n } },
      });
    }
  });

  test('knows which were put in again and did not come back', () => {
    const first = letterRecord({ offset: 1 });
    const identity = identityOf(readLetter(first)!);
    const again = cameBack(replayedRecord(readLetter(first)!, first, 'r1'), { offset: 8, minute: 5 });
    expect(pileOf(first).letters(new Set([identity]))[0]).toMatchObject({ replayed: true });
    expect(pileOf(first, again).letters(new Set([identity]))[0]).toMatchObject({ replayed: false, earlier: 1 });
  });
});

test('a filter takes every condition together; a place may be that of the record or of the letter', () => {
  const letter = readLetter(letterRecord({ offset: 3, minute: 10 }, { lane: 1, position: 6n }))!;
  const fits = (change: object): boolean => createLetterFilter({ ...EVERY_LETTER, ...change })(letter);
  expect(fits({})).toBe(true);
  expect(fits({ code: 'TENANT_MISSING', stage: 'normalise', tenant: 'acme' })).toBe(true);
  for (const change of [{ code: 'NOT_JSON' }, { stage: 'intake' }, { tenant: 'other' }])
    expect(fits(change)).toBe(false);
  expect(fits({ sinceMs: letter.failedAtMs, untilMs: letter.failedAtMs + 1 })).toBe(true);
  expect(fits({ untilMs: letter.failedAtMs })).toBe(false);
  expect(fits({ sinceMs: letter.failedAtMs + 1 })).toBe(false);
  expect(fits({ places: [letter.source] })).toBe(true);
  expect(fits({ places: [letter.at] })).toBe(true);
  expect(fits({ places: [{ ...letter.at, partition: 2 }] })).toBe(false);
});
