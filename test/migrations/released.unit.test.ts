import { expect, test } from '@jest/globals';
import { knownMigrations } from '../../src/adapters/postgres/migrate.ts';
import { lastRelease, releases } from './released.ts';

test('a migration that was released is there as it was: databases have it behind them', async () => {
  const now = new Map((await knownMigrations()).map(({ name, digest }) => [name, digest]));
  for (const { version, migrations } of releases()) {
    for (const [name, digest] of migrations) {
      // Put the file back, and make the change in a new one.
      expect({ version, name, digest: now.get(name) }).toEqual({ version, name, digest });
    }
  }
});

test('what is new comes after what was released, and no number is given twice', async () => {
  const known = await knownMigrations();
  const { migrations } = lastRelease();
  const newest = Math.max(...known.filter(({ name }) => migrations.has(name)).map(({ number }) => number));
  expect(known.filter(({ name, number }) => !migrations.has(name) && number <= newest)).toEqual([]);
  expect(new Set(known.map(({ number }) => number)).size).toBe(known.length);
});
