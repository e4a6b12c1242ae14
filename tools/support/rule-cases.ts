/** One rule of a tool, a file that breaks it, and what that file needs beside it. Texts are code of the scratch package. */
export interface RuleCase {
  readonly rule: string;
  readonly offender: string;
  readonly files: Readonly<Record<string, string>>;
}

function one(rule: string, offender: string, text: string, beside: Readonly<Record<string, string>> = {}): RuleCase {
  return { rule, offender, files: { ...beside, [offender]: `${text}\n` } };
}

/** An offender whose fault is one import of a value from elsewhere. */
function importing(rule: string, offender: string, from: string): RuleCase {
  return one(rule, offender, `import { value } from '${from}';\nexport const own = value;`);
}

const VALUE = 'export const value = 1;\n';
const LATER = 'export async function later(): Promise<void> {\n  await Promise.resolve();\n}\n';

const inDomain = (rule: string, name: string, text: string): RuleCase => one(rule, `src/domain/bad-${name}.ts`, text);

export const LINT_CASES: readonly RuleCase[] = [
  one(
    '@typescript-eslint/no-floating-promises',
    'src/admin/floating.ts',
    `${LATER}export function go(): void {\n  later();\n}`,
  ),
  one(
    '@typescript-eslint/no-misused-promises',
    'src/admin/misused.ts',
    `${LATER}export function go(list: number[]): void {\n  list.forEach(async () => later());\n}`,
  ),
  one('@typescript-eslint/no-explicit-any', 'src/admin/loose.ts', 'export const loose = (x: any): unknown => x;'),
  one(
    '@typescript-eslint/consistent-type-imports',
    'src/admin/type-import.ts',
    "import { Thing } from './thing.ts';\nexport const f = (thing: Thing): Thing => thing;",
    { 'src/admin/thing.ts': 'export interface Thing {\n  readonly id: string;\n}\n' },
  ),
  one(
    '@typescript-eslint/switch-exhaustiveness-check',
    'src/admin/switching.ts',
    "export function f(x: 'a' | 'b'): number {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n  return 0;\n}",
  ),
  one('no-restricted-syntax', 'src/admin/default-export.ts', 'export default 1;'),
  one('no-restricted-syntax', 'src/admin/environment.ts', "export const home = process.env['HOME'];"),
  one(
    'no-restricted-imports',
    'src/admin/environment-import.ts',
    "import { env } from 'node:process';\nexport const all = env;",
  ),
  one(
    'no-restricted-syntax',
    'src/admin/error-text.ts',
    "export const isGone = (error: Error): boolean => error.message.includes('gone');",
  ),
  one('no-console', 'src/admin/printing.ts', "console.log('x');\nexport const printed = true;"),
  one('no-empty', 'src/admin/swallowing.ts', 'export function f(): void {\n  try {\n    f();\n  } catch {}\n}'),
  one('max-lines', 'src/admin/long.ts', Array.from({ length: 401 }, (_, n) => `export const n${n} = ${n};`).join('\n')),
  one(
    'max-lines',
    'test/admin/long.unit.test.ts',
    Array.from({ length: 501 }, (_, n) => `export const n${n} = ${n};`).join('\n'),
  ),
  one(
    'no-restricted-syntax',
    'test/admin/focused.unit.test.ts',
    "import { test } from '@jest/globals';\ntest.only('x', () => undefined);",
  ),
  inDomain('no-restricted-syntax', 'async', LATER),
  inDomain('no-restricted-syntax', 'arrow', 'export const later = async (): Promise<number> => 1;'),
  inDomain('no-restricted-syntax', 'now', 'export const now = (): number => Date.now();'),
  inDomain('no-restricted-syntax', 'date', 'export const now = (): Date => new Date();'),
  inDomain('no-restricted-syntax', 'random', 'export const chance = (): number => Math.random();'),
  inDomain('no-restricted-globals', 'process', 'export const own = (): number => process.pid;'),
  inDomain('no-restricted-globals', 'timer', 'export const wait = (f: () => void): unknown => setTimeout(f, 1);'),
  inDomain('no-restricted-globals', 'crypto', 'export const id = (): string => crypto.randomUUID();'),
  inDomain('no-restricted-imports', 'node', "import { join } from 'node:path';\nexport const own = join('a', 'b');"),
  inDomain('no-restricted-imports', 'package', "import { v5 } from 'uuid';\nexport const own = v5;"),
];

export const IMPORT_CASES: readonly RuleCase[] = [
  one('no-cycles', 'src/admin/cycle-a.ts', "import type { B } from './cycle-b.ts';\nexport type A = B | 1;", {
    'src/admin/cycle-b.ts': "import type { A } from './cycle-a.ts';\nexport type B = A | 2;\n",
  }),
  importing('no-unresolved', 'src/admin/unresolved.ts', './nowhere.ts'),
  importing('src-imports-no-test-or-tool', 'src/admin/helped.ts', '../../test/helper.ts'),
  importing('src-imports-no-dev-package', 'src/admin/dev-package.ts', 'fast-check'),
  importing('generated-imports-generated', 'src/generated/reaching.ts', '../admin/plain.ts'),
  importing('domain-imports-domain', 'src/domain/reaching-pipeline.ts', '../pipeline/ports/port.ts'),
  importing('domain-imports-domain', 'src/domain/reaching-node.ts', 'node:path'),
  importing('domain-imports-domain', 'src/domain/reaching-package.ts', 'uuid'),
  importing('errors-imports-nothing', 'src/errors.ts', './admin/plain.ts'),
  importing('stage-imports-no-other-stage', 'src/pipeline/decide/reaching-publish.ts', '../publish/stage.ts'),
  importing('port-imports-no-stage', 'src/pipeline/ports/reaching-stage.ts', '../publish/stage.ts'),
  importing('adapter-imports-no-other-adapter', 'src/adapters/redis/reaching-kafka.ts', '../kafka/adapter.ts'),
  importing('use-cases-import-no-edge', 'src/pipeline/decide/reaching-adapter.ts', '../../adapters/kafka/adapter.ts'),
  importing('use-cases-import-no-edge', 'src/admin/reaching-entrypoint.ts', '../entrypoints/entry.ts'),
  importing('use-cases-import-no-edge', 'src/replay/reaching-runtime.ts', '../runtime/settings.ts'),
  importing('only-entrypoints-import-adapters', 'src/runtime/reaching-adapter.ts', '../adapters/kafka/adapter.ts'),
  importing('nobody-imports-entrypoints', 'src/adapters/kafka/reaching-entrypoint.ts', '../../entrypoints/entry.ts'),
  one(
    'shadow-reaches-no-output',
    'src/entrypoints/composition/replay-shadow.ts',
    "export { value } from './between.ts';",
    {
      'src/entrypoints/composition/between.ts': "export { value } from '../../adapters/kafka/produce.ts';\n",
      'src/adapters/kafka/produce.ts': VALUE,
    },
  ),
  importing('only-adapters-know-vendors', 'src/pipeline/decide/vendor-kafkajs.ts', 'kafkajs'),
  importing('only-adapters-know-vendors', 'src/admin/vendor-pg.ts', 'pg'),
  importing('only-adapters-know-vendors', 'src/entrypoints/vendor-ioredis.ts', 'ioredis'),
  importing('only-adapters-know-vendors', 'src/runtime/vendor-prom-client.ts', 'prom-client'),
  importing('only-adapters-know-vendors', 'src/replay/vendor-fastify.ts', 'fastify'),
];

export const TYPE_CASES: readonly RuleCase[] = [
  one('TS1294', 'src/admin/enumerated.ts', 'export enum Level {\n  low,\n}'),
  one('TS6133', 'src/admin/unused.ts', 'const unused = 1;\nexport const used = 2;'),
  one('TS2322', 'src/admin/indexed.ts', 'export const first = (list: string[]): string => list[0];'),
  one('TS2375', 'src/admin/optional.ts', 'export const x: { a?: number } = { a: undefined };'),
];

/** Files in which none of the tools may find anything: what the rules must not stop. */
export const CLEAN_FILES: Readonly<Record<string, string>> = {
  'src/generated/value.ts': VALUE,
  'src/domain/plain.ts':
    "import { value } from '../generated/value.ts';\nexport const at = (ms: number): Date => new Date(ms + value);\n",
  'src/pipeline/ports/port.ts': VALUE,
  'src/pipeline/publish/stage.ts': "import { value as port } from '../ports/port.ts';\nexport const value = port;\n",
  'src/pipeline/pipeline.ts': "import { value } from './publish/stage.ts';\nexport const stages = [value];\n",
  'src/admin/plain.ts': VALUE,
  'src/runtime/config.ts': 'export const value = process.env;\n',
  'src/runtime/settings.ts': VALUE,
  'src/adapters/telemetry/metric.ts': "import { Counter } from 'prom-client';\nexport const value = Counter;\n",
  'src/adapters/kafka/adapter.ts':
    "import { value as port } from '../../pipeline/ports/port.ts';\nimport { value as metric } from '../telemetry/metric.ts';\nexport const value = [port, metric];\n",
  'src/entrypoints/entry.ts':
    "import { value as adapter } from '../adapters/kafka/adapter.ts';\nexport const value = adapter;\n",
  'test/helper.ts': VALUE,
};
