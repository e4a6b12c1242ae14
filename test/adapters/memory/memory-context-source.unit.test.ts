import { MemoryContextSource } from '../../../src/adapters/memory/memory-context-source.ts';
import { MemoryJournal } from '../../../src/adapters/memory/memory-journal.ts';
import { contextSourceContract } from '../../contracts/context-source.ts';

contextSourceContract('memory', () => {
  const journal = new MemoryJournal();
  return Promise.resolve({
    journal,
    source: () => new MemoryContextSource(journal),
    nowMs: Date.parse('2026-05-06T12:00:00Z'),
    close: () => Promise.resolve(),
  });
});
