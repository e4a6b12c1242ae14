/** Every package that is installed with ours in production must be under a licence that asks for no more than its notice. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/run.ts';

const ACCEPTED = new Set([
  'MIT',
  'MIT-0',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'BlueOak-1.0.0',
  'Python-2.0',
  'CC0-1.0',
  'Unlicense',
]);

interface LockEntry {
  readonly dev?: boolean;
  readonly license?: string;
}

interface Manifest {
  readonly license?: string | { readonly type: string };
  readonly licenses?: readonly { readonly type: string }[];
}

/** An SPDX expression of accepted parts: one of an OR is enough, every one of an AND is needed. */
function isAccepted(expression: string): boolean {
  return expression
    .replaceAll(/[()]/g, ' ')
    .split(/\s+OR\s+/)
    .some((choice) => choice.split(/\s+AND\s+/).every((part) => ACCEPTED.has(part.trim())));
}

/** For a manifest without the field: the text of the licence file, where it holds the MIT grant word for word. */
function fromText(folder: string): string | undefined {
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt']
    .map((name) => join(folder, name))
    .find((path) => existsSync(path));
  if (file === undefined) return undefined;
  const text = readFileSync(file, 'utf8').replaceAll(/\s+/g, ' ');
  return /Permission is hereby granted, free of charge, to any person obtaining a copy of this software/.test(text)
    ? 'MIT'
    : undefined;
}

function declared(path: string, entry: LockEntry): string {
  const file = join(ROOT, path, 'package.json');
  if (!existsSync(file)) return entry.license ?? 'unknown';
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  if (typeof license === 'string') return license;
  return (
    license?.type ??
    licenses?.map(({ type }) => type).join(' OR ') ??
    entry.license ??
    fromText(join(ROOT, path)) ??
    'unknown'
  );
}

const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockEntry>;
};
const production = Object.entries(lock.packages).filter(([path, entry]) => path !== '' && entry.dev !== true);
const refused = production
  .map(([path, entry]) => ({ path, licence: declared(path, entry) }))
  .filter(({ licence }) => !isAccepted(licence));
for (const { path, licence } of refused) process.stderr.write(`${path}: licence ${licence} is not accepted\n`);
process.stdout.write(
  `${production.length} production packages, ${refused.length} with a licence that is not accepted\n`,
);
process.exitCode = refused.length === 0 ? 0 : 1;
