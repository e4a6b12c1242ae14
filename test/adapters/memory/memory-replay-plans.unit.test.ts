import { MemoryPlanStore } from '../../../src/adapters/memory/memory-replay-plans.ts';
import { planStoreContract } from '../../contracts/replay-plans.ts';

planStoreContract('in memory', () =>
  Promise.resolve({ store: new MemoryPlanStore(() => 0), close: () => Promise.resolve() }),
);
