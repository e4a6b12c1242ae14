/**
 * Proves that the lint, compiler and import rules still bite: a scratch package holds one offending file per rule and
 * one clean file per tool. A rule that lets its file pass, or stops the clean one, fails the check.
 */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { ROOT, start } from './support/run.ts';
import { CLEAN_FILES, IMPORT_CASES, LINT_CASES, TYPE_CASES } from './support/rule-cases.ts';
import type { RuleCase } from './support/rule-cases.ts';

/** What a tool reported: "file rule" pairs. */
type Findings = ReadonlySet<string>;

const CONFIGURATION = ['package.json', 'tsconfig.json', 'eslint.config.js', '.dependency-cruiser.cjs'];

function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function makePackage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mmm-rules-'));
  for (const file of CONFIGURATION) cpSync(join(ROOT, file), join(folder, file));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const { files } of [...LINT_CASES, ...IMPORT_CASES, ...TYPE_CASES]) {
    for (const [path, text] of Object.entries(files)) write(folder, path, text);
  }
  for (const [path, text] of Object.entries(CLEAN_FILES)) write(folder, path, text);
  return folder;
}

async function lint(folder: string): Promise<Findings> {
  const { out } = await start(
    process.execPath,
    ['node_modules/eslint/bin/eslint.js', '--format', 'json', 'src', 'test'],
    folder,
  );
  const files = JSON.parse(out) as { filePath: string; messages: { ruleId: string | null }[] }[];
  return new Set(
    files.flatMap(({ filePath, messages }) =>
      messages.map(({ ruleId }) => `${relative(realpathSync(folder), filePath)} ${ruleId ?? 'crash'}`),
    ),
  );
}

async function cruise(folder: string): Promise<Findings> {
  const { out } = await start(
    process.execPath,
    [
      'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
      ...['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'],
    ],
    folder,
  );
  const result = JSON.parse(out) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  return new Set(result.summary.violations.map(({ from, rule }) => `${from} ${rule.name}`));
}

async function compile(folder: string): Promise<Findings> {
  const { out } = await start(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'], folder);
  return new Set(
    [...out.matchAll(/^(\S+)\(\d+,\d+\): error (TS\d+)/gm)].map(([, file = '', code = '']) => `${file} ${code}`),
  );
}

function complaints(tool: string, cases: readonly RuleCase[], findings: Findings): string[] {
  const blind = cases
    .filter(({ offender, rule }) => !findings.has(`${offender} ${rule}`))
    .map(({ offender, rule }) => `${tool}: ${rule} does not see ${offender}`);
  const harsh = [...findings]
    .filter((finding) => finding.split(' ')[0]! in CLEAN_FILES)
    .map((finding) => `${tool}: stops a clean file: ${finding}`);
  return [...blind, ...harsh];
}

/** Import rules nobody made a case for: an untested rule may never have worked. */
function untested(): string[] {
  const config = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as { forbidden: { name: string }[] };
  const tested = new Set(IMPORT_CASES.map(({ rule }) => rule));
  return config.forbidden.filter(({ name }) => !tested.has(name)).map(({ name }) => `imports: no case for ${name}`);
}

const folder = makePackage();
try {
  const [linted, cruised, compiled] = await Promise.all([lint(folder), cruise(folder), compile(folder)]);
  const wrong = [
    ...complaints('lint', LINT_CASES, linted),
    ...complaints('imports', IMPORT_CASES, cruised),
    ...complaints('types', TYPE_CASES, compiled),
    ...untested(),
  ];
  for (const line of wrong) process.stderr.write(`${line}\n`);
  const total = LINT_CASES.length + IMPORT_CASES.length + TYPE_CASES.length;
  process.stdout.write(`${total} rules checked, ${wrong.length} problems\n`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
