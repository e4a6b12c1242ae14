import { expect, test } from '@jest/globals';
import { RecentMap } from '../../src/pipeline/recent-map.ts';

test('keeps the entries last set, and to set one again counts', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1).set('b', 2).set('a', 3);
  expect([...map]).toEqual([
    ['b', 2],
    ['a', 3],
  ]);
  map.set('c', 4);
  expect([...map.keys()]).toEqual(['a', 'c']);
});
