import { InvalidArgumentError } from 'commander';
import { loadConfig } from '../../runtime/config.ts';
import { openStore, type Store } from '../composition/store.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

export const withStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
  const store = await openStore(loadConfig(), SILENT_LOGGER, 'command');
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};

export const versionNumber = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('write the number of a version, such as 3');
  return Number(text);
};

export const ratePerWeek = (text: string): number => {
  const rate = Number(text);
  if (text.trim() === '' || !(rate >= 0 && rate <= 100_000))
    throw new InvalidArgumentError('write how many a week and person, such as 40 or 0.5');
  return rate;
};

export const RATE_HELP =
  'how many signals a week of one person trigger it and meet its condition; without it, what the tenant has recorded';
