import { parseArgs } from 'node:util';
import { runJest } from './support/jest-suite.ts';
import type { Suite } from './support/jest-suite.ts';
import { missingPrerequisite, skippedForWantOfJava } from './support/prerequisites.ts';

const USAGE = 'Usage: npm test -- [--only unit|int|e2e] [part of a path ...]\n';
const MINUTE_MS = 60_000;

/** The suites of one call, cheapest first. Those on real stores share one run, so that the stack starts once. */
function suitesFor(only: string | undefined, patterns: readonly string[]): Suite[] {
  const unit: Suite = { name: 'unit', config: 'jest.config.mjs', patterns, limitMs: 10 * MINUTE_MS };
  const stores: Suite = { name: 'int and e2e', config: 'jest.int.config.mjs', patterns, limitMs: 35 * MINUTE_MS };
  if (only === undefined) return [unit, stores];
  return only === 'unit' ? [unit] : [{ ...stores, name: only, testMatch: [`<rootDir>/test/**/*.${only}.test.ts`] }];
}

/** Returns the exit code: 0 only when something ran and all of it passed. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: { only: { type: 'string' } }, allowPositionals: true });
  if (values.only !== undefined && !['unit', 'int', 'e2e'].includes(values.only)) {
    process.stderr.write(USAGE);
    return 2;
  }
  const missing = values.only === 'unit' ? undefined : missingPrerequisite();
  if (missing !== undefined) {
    process.stderr.write(`${missing}\n`);
    return 1;
  }
  const withoutJava = values.only === 'unit' ? undefined : skippedForWantOfJava();
  // test/infra/test-with-java.ts.
  process.env['MMM_TEST_JAVA'] = withoutJava === undefined ? 'yes' : 'no';
  let [passed, failed, skipped] = [0, 0, 0];
  for (const suite of suitesFor(values.only, positionals)) {
    process.stderr.write(`\n== ${suite.name} ==\n`);
    const counts = await runJest(suite);
    passed += counts.passed;
    failed += counts.failed;
    skipped += counts.skipped;
  }
  if (withoutJava !== undefined) process.stderr.write(`${withoutJava}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
