import { waitFor } from '../e2e/support/engine-process.ts';
import type { Find } from '../invariants/remains.ts';
import { OUTPUT_TOPICS } from './output-topics.ts';
import type { Site } from './site.ts';

const CATCHES_UP_MS = 20_000;

/**
 * I2 for a consumer that read while the faults happened: it has got the records that are there at the end, neither one that was taken back (of an
 * aborted transaction) nor one less.
 */
export const checkLive = async (site: Site, records: number, find: Find): Promise<void> => {
  if (!site.readsLive) return;
  const count = (): number =>
    OUTPUT_TOPICS.reduce((sum, name) => sum + site.live.seen(site.installation.topic(name)).size, 0);
  await waitFor('the consumer to be at the end', () => Promise.resolve(count() < records ? null : true), CATCHES_UP_MS)
    // Then it is less, and said below.
    .catch(() => undefined);
  const seen = count();
  if (seen > records) find('I2', `a consumer got ${seen} records during the run, ${records} are there`, 'duplicated');
  if (seen < records) find('I2', `a consumer got ${seen} records during the run of ${records}`, 'lost');
};
