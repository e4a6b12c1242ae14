/** Size and content limits of the whole repository. Prints the size statistics of the sources. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { projectFiles, textOf } from './support/project-files.ts';
import { ROOT } from './support/run.ts';

const SRC_LINES = 400;
const TEST_LINES = 500;
/** Nine of ten source files stay under this: above it a file is rarely one concept. */
const SRC_P90_LINES = 250;
const SRC_MEDIAN_LINES = 100;
/** Above it a file is data that belongs in a fixture generator or outside the repository. */
const FILE_BYTES = 500_000;

interface Forbidden {
  readonly pattern: RegExp;
  readonly why: string;
  readonly where: (path: string) => boolean;
}

const isCode = (path: string): boolean => /\.(ts|mjs|cjs|js)$/.test(path);
const isOwnCode = (path: string): boolean => isCode(path) && !path.startsWith('src/generated/');
// Assembled from parts, so that this file does not hold what it forbids.
const machineFolders = ['work', 'root', 'home/[a-z]', 'Users/[A-Za-z]'].map((name) => `/${name}`).join('|');
const FORBIDDEN: readonly Forbidden[] = [
  {
    pattern: new RegExp(`(?<![\\w.\\-/$}])(?:${machineFolders})[\\w.-]*/`),
    why: 'a path of one machine',
    where: (path) => path !== 'package-lock.json',
  },
  { pattern: /"resolved":\s*"/, why: 'a registry address', where: (path) => path === 'package-lock.json' },
  {
    pattern: /^export default\b/m,
    why: 'a default export',
    where: (path) => path.startsWith('src/') && isOwnCode(path),
  },
  { pattern: /[^\0-\x7f]/, why: 'a character outside ASCII', where: isOwnCode },
  {
    pattern: /\b(?:TODO|FIXME|XXX)\b/,
    why: 'work left for later',
    where: (path) => isOwnCode(path) && path.startsWith('src/'),
  },
];

const linesIn = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

function faultsOf(path: string): string[] {
  if (statSync(join(ROOT, path)).size > FILE_BYTES) return [`${path}: over ${FILE_BYTES} bytes`];
  const text = textOf(path);
  const faults: string[] = [];
  if (/(^|\/)index\.ts$/.test(path)) faults.push(`${path}: a barrel; name the file after its one export`);
  if (isOwnCode(path)) {
    const limit = path.startsWith('test/') ? TEST_LINES : SRC_LINES;
    const lines = linesIn(text);
    if (lines > limit) faults.push(`${path}: ${lines} lines, over ${limit}`);
  }
  for (const { pattern, why, where } of FORBIDDEN) {
    const found = where(path) ? pattern.exec(text) : null;
    if (found !== null) faults.push(`${path}:${linesIn(text.slice(0, found.index + 1))}: ${why}`);
  }
  return faults;
}

const files = projectFiles();
const faults = files.flatMap(faultsOf);
const sizes = files
  .filter((path) => path.startsWith('src/') && isOwnCode(path))
  .map((path) => linesIn(textOf(path)))
  .sort((a, b) => a - b);
const quantile = (share: number): number => sizes[Math.floor((sizes.length - 1) * share)] ?? 0;
const [median, p90] = [quantile(0.5), quantile(0.9)];
if (median > SRC_MEDIAN_LINES) faults.push(`src: the median file has ${median} lines, over ${SRC_MEDIAN_LINES}`);
if (p90 > SRC_P90_LINES) faults.push(`src: one file in ten has over ${p90} lines; the limit is ${SRC_P90_LINES}`);
for (const line of faults) process.stderr.write(`${line}\n`);
process.stdout.write(
  `${files.length} files; src: ${sizes.length} files, lines median ${median}, 90 % ${p90}, most ${quantile(1)}; ${faults.length} faults\n`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
