import { loadConfig } from '../../runtime/config.ts';
import { type ChangingStore, openChangingStore } from '../composition/changing-store.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

/** For a command that changes definitions. */
export const withChanges = async <T>(work: (store: ChangingStore) => Promise<T>): Promise<T> => {
  const store = await openChangingStore(loadConfig(), SILENT_LOGGER);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};
