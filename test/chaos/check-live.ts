import type { Find } from '../invariants/remains.ts';
import { OUTPUT_TOPICS } from './read-remains.ts';
import type { Site } from './site.ts';

/**
 * I2 for a consumer that read while the faults happened: it has got the records that are there at the end, neither one that was taken back (of an
 * aborted transaction) nor one less.
 */
export const checkLive = (site: Site, records: number, find: Find): void => {
  if (!site.readsLive) return;
  let seen = 0;
  for (const name of OUTPUT_TOPICS) seen += site.live.seen(site.installation.topic(name)).size;
  if (seen > records) find('I2', `a consumer got ${seen} records during the run, ${records} are there`, 'duplicated');
  if (seen < records) find('I2', `a consumer got ${seen} records during the run of ${records}`, 'lost');
};
