import { MemoryJournal } from '../../../src/adapters/memory/memory-journal.ts';
import { journalContract } from '../../contracts/journal.ts';

journalContract('in memory', () => Promise.resolve({ journal: new MemoryJournal(), close: () => Promise.resolve() }));
