import { expect, test } from '@jest/globals';
import { MemoryJournal } from '../../../src/adapters/memory/memory-journal.ts';
import { deferralsContract } from '../../contracts/deferrals.ts';

deferralsContract('in memory', () => {
  const journal = new MemoryJournal();
  return Promise.resolve({ journal, queue: journal.deferrals, close: () => Promise.resolve() });
});

test('a clock that is moved by hand learns when the next is due', () => {
  expect(new MemoryJournal().deferrals.nextAtMs()).toBeNull();
});
