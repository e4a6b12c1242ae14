import { MemoryJournal } from '../../../src/adapters/memory/memory-journal.ts';
import { recordOutcomeContract } from '../../contracts/record-outcome.ts';

recordOutcomeContract('journal in memory', () =>
  Promise.resolve({ journal: new MemoryJournal(), close: () => Promise.resolve() }),
);
