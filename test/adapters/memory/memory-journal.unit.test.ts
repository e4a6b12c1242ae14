import { MemoryJournal } from '../../../src/adapters/memory/memory-journal.ts';
import { journalContract } from '../../contracts/journal.ts';
import { outcomeJournalContract } from '../../contracts/outcome-journal.ts';

const make = () => Promise.resolve({ journal: new MemoryJournal(), close: () => Promise.resolve() });

journalContract('in memory', make);
outcomeJournalContract('in memory', make);
