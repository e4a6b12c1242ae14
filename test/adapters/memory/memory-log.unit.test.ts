import { MemoryLog } from '../../../src/adapters/memory/memory-log.ts';
import { partitionsContract } from '../../contracts/partitions.ts';

partitionsContract('in memory', () => {
  const log = new MemoryLog(6, () => Date.now());
  return Promise.resolve({
    writer: log,
    group: log,
    outputs: log,
    readAll: (topic) => Promise.resolve(log.read(topic)),
    close: () => Promise.resolve(),
  });
});
