import { MemoryStateCache } from '../../../src/adapters/memory/memory-state-cache.ts';
import { stateCacheContract } from '../../contracts/state-cache.ts';

stateCacheContract('in process', () => Promise.resolve(new MemoryStateCache()));
