/**
 * Writes down what a release is held to: `npm run history:record` at each release, once its version is in package.json. How its code decides goes to
 * test/histories, what it brings to databases to migrations/released.json. Nothing that was written down is ever written over: the data of a release
 * lives on, and its processes run beside those of the next.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { knownMigrations } from '../src/adapters/postgres/migrate.ts';
import { tellHistory } from '../test/history/script.ts';
import { ROOT } from './support/run.ts';

type Released = Record<string, Record<string, string>>;
const readJson = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

const { version } = readJson('package.json') as { version: string };
const history = `test/histories/${version}.jsonl`;
const list = 'migrations/released.json';
const released = readJson(list) as Released;

const recordMigrations = async (): Promise<number> => {
  const before = new Set(Object.values(released).flatMap((names) => Object.keys(names)));
  const added = (await knownMigrations()).filter(({ name }) => !before.has(name));
  released[version] = Object.fromEntries(added.map(({ name, digest }) => [name, digest]));
  writeFileSync(join(ROOT, list), `${JSON.stringify(released, null, 2)}\n`);
  return added.length;
};

if (existsSync(join(ROOT, history))) {
  process.stderr.write(
    `${history} is there already: ${version} was recorded. Raise the version in package.json first.\n`,
  );
  process.exitCode = 1;
} else {
  const lines = await tellHistory();
  writeFileSync(join(ROOT, history), `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`, { flag: 'wx' });
  process.stdout.write(`${history}: ${lines.length} steps\n`);
  if (version in released) process.stdout.write(`${list} has ${version} already and is left as it is\n`);
  else process.stdout.write(`${list}: ${await recordMigrations()} migrations of ${version}\n`);
}
