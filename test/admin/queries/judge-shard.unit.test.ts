import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import {
  judgeShard,
  parseOutboxHeader,
  type ShardRow,
  unpublishedRows,
} from '../../../src/admin/queries/judge-shard.ts';
import { MmmError } from '../../../src/errors.ts';
import { cursorToStartFrom } from '../../../src/pipeline/publish/cursor-check.ts';

const row = (nextNumber: bigint, publishedUpto: bigint): ShardRow => ({
  shard: 3,
  epoch: 1n,
  nextNumber,
  publishedUpto,
  timelineMoved: false,
});

/** What a session does with the same facts. */
const sessionSays = (at: ShardRow, cursor: bigint | null): string | null => {
  try {
    cursorToStartFrom(at.shard, at, { input: null, cursor });
    return null;
  } catch (error) {
    if (error instanceof MmmError) return error.code;
    throw error;
  }
};

test('the same verdict as the session that starts on it', () => {
  const numbers = fc.bigInt({ min: 0n, max: 6n });
  const facts = fc.tuple(fc.bigInt({ min: 1n, max: 7n }), fc.bigInt({ min: -1n, max: 6n }), fc.option(numbers));
  fc.assert(
    fc.property(facts, ([next, upto, cursor]) => {
      const at = row(next, upto);
      const judged = judgeShard(at, cursor, at).fault;
      const said = sessionSays(at, cursor);
      // Below and above at once can only be when both stores are broken; either word stops the shard.
      if (cursor !== null && cursor < upto && cursor >= next) expect(judged).not.toBeNull();
      else expect(judged).toBe(said);
    }),
    { numRuns: 1_000 },
  );
});

test('a shard that moves while it is looked at is not broken', () => {
  expect(judgeShard(row(10n, 5n), 12n, row(20n, 11n))).toMatchObject({ fault: null, unpublished: 7n });
  expect(judgeShard(row(1n, -1n), 4n, row(5n, 4n))).toMatchObject({ fault: null, unpublished: 0n });
});

test('what waits', () => {
  expect(judgeShard(row(11n, 4n), 4n, row(11n, 4n)).unpublished).toBe(6n);
  expect(judgeShard(row(11n, -1n), null, row(11n, -1n)).unpublished).toBe(10n);
  expect(judgeShard(row(1n, 0n), 0n, row(1n, 0n)).unpublished).toBe(0n);
  expect(unpublishedRows([row(11n, 4n), row(11n, -1n), row(1n, -1n)])).toBe(16n);
});

test.each([
  ['3:41', { shard: 3, number: 41n }],
  ['3:', null],
  ['a:1', null],
  ['1:2:3', null],
  ['', null],
])('header %s', (text, parsed) => expect(parseOutboxHeader(text)).toEqual(parsed));
