import { createCelCompiler } from '../../adapters/cel/cel-compiler.ts';
import { readScenarioFiles } from '../../adapters/files/scenario-files.ts';
import { uuidIds } from '../../adapters/ids/uuid-ids.ts';
import type { Plan } from '../../domain/decision/planned.ts';
import { type GateCoverage, gateCoverage } from '../../replay/scenario/gate-coverage.ts';
import { runScenario } from '../../replay/scenario/run-scenario.ts';
import type { ScenarioResult } from '../../replay/scenario/scenario.ts';
import type { LocatedFinding } from './playbook-lint.ts';

export interface TestedFile {
  readonly file: string;
  readonly requirements: readonly string[];
  /** Why the file can not be read as scenarios; empty if it can. */
  readonly findings: readonly LocatedFinding[];
  readonly scenarios: readonly ScenarioResult[];
}

export interface TestReport {
  readonly files: readonly TestedFile[];
  readonly passed: number;
  /** Scenarios that differ or could not be run, and files that could not be read. */
  readonly failed: number;
  readonly gates: readonly GateCoverage[];
}

/** Runs scenario files, or all of folders. Opens nothing: no store, no log, no clock. Throws USAGE when a path can not be read. */
export const testPaths = async (paths: readonly string[]): Promise<TestReport> => {
  const ports = { conditions: createCelCompiler(), ids: uuidIds };
  const files: TestedFile[] = [];
  const plans: Plan[] = [];
  for (const path of paths) {
    for (const read of await readScenarioFiles(path)) {
      if (!read.ok) {
        const findings = read.findings.map((found) => ({ ...found, line: read.lineOf(found.path) }));
        files.push({ file: read.file, requirements: [], findings, scenarios: [] });
        continue;
      }
      const runs = read.scenarios.map((scenario) => runScenario(scenario, ports));
      plans.push(...runs.flatMap((run) => run.plan ?? []));
      const { file, requirements } = read;
      files.push({ file, requirements, findings: [], scenarios: runs.map(({ result }) => result) });
    }
  }
  const results = files.flatMap(({ scenarios }) => scenarios);
  const unread = files.filter(({ findings }) => findings.length > 0).length;
  const passed = results.filter((result) => result.passed).length;
  return { files, passed, failed: results.length - passed + unread, gates: gateCoverage(plans) };
};
