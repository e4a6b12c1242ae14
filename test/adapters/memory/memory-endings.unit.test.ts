import { MemoryJournal } from '../../../src/adapters/memory/memory-journal.ts';
import { endingsContract } from '../../contracts/endings.ts';

endingsContract('in memory', () => {
  const journal = new MemoryJournal();
  return Promise.resolve({ journal, queue: journal.endings, close: () => Promise.resolve() });
});
