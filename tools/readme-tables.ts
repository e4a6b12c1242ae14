// Writes the README's tables from the code they describe: `node tools/readme-tables.ts`. A test compares them.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ERRORS } from '../src/errors.ts';
import { LIMITS } from '../src/pipeline/normalise/limits.ts';
import { VARIABLES } from '../src/runtime/variables.ts';
import type { Variable } from '../src/runtime/variables.ts';

export const README = fileURLToPath(new URL('../README.md', import.meta.url));

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const variables = (): string =>
  table(
    ['variable', 'default', 'meaning'],
    Object.entries(VARIABLES).map(([name, variable]: [string, Variable]) => [
      `\`${name}\``,
      variable.fallback === null ? '' : `\`${variable.fallback}\``,
      `${variable.meaning}${variable.secret === true ? ' (secret)' : ''}`,
    ]),
  );

const limits = (): string =>
  [
    `at most ${LIMITS.recordBytes} bytes, ${LIMITS.depth} levels deep, ${LIMITS.keys} keys of up to ${LIMITS.keyCharacters} characters,`,
    `strings of ${LIMITS.stringBytes} bytes, arrays of ${LIMITS.arrayItems} items, ids of 1 to ${LIMITS.idCharacters} characters,`,
    `event times at most ${LIMITS.futureMs / 60_000} minutes ahead.`,
  ].join('\n');

const errors = (): string =>
  table(
    ['code', 'meaning', 'to mend it', 'retry'],
    Object.entries(ERRORS).map(([code, entry]) => [
      `\`${code}\``,
      entry.meaning,
      entry.remedy,
      entry.retriable ? 'yes' : '',
    ]),
  );

/** By the name of its markers in the README. */
export const BLOCKS: Readonly<Record<string, () => string>> = { variables, limits, errors };

const between = (name: string): RegExp => new RegExp(`<!-- ${name} -->[^]*?<!-- /${name} -->`);
export const block = (name: string, text: string): string => `<!-- ${name} -->\n\n${text}\n\n<!-- /${name} -->`;

export const withTables = (readme: string): string =>
  Object.entries(BLOCKS).reduce(
    (text, [name, render]) => text.replace(between(name), () => block(name, render())),
    readme,
  );

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(README, withTables(readFileSync(README, 'utf8')));
