import type { Command } from 'commander';
import { type TestedFile, type TestReport, testPaths } from '../composition/playbook-test.ts';
import type { GateCoverage } from '../../replay/scenario/gate-coverage.ts';
import { MmmError } from '../../errors.ts';
import type { CliIo } from './command.ts';
import { findingLines } from './playbooks-output.ts';

const fileLines = ({ file, findings, scenarios }: TestedFile): string[] => [
  ...findingLines(file, findings),
  ...scenarios.flatMap(({ name, passed, differences, faults }) => [
    `${file}: ${passed ? 'pass' : 'FAIL'}: ${name}`,
    ...faults.map(({ path, message, remedy }) => `    ${path}: ${message}\n        to mend it: ${remedy}`),
    ...differences.map(
      ({ path, expected, found }) => `    ${path}\n      expected: ${expected}\n      found:    ${found}`,
    ),
  ]),
];

const gateLine = ({ gate, passed, vetoed }: GateCoverage): string => {
  const codes = Object.entries(vetoed).map(([code, count]) => `${code} ${count}`);
  const said = [
    passed === 0 ? 'never passed' : `passed ${passed}`,
    codes.length === 0 ? 'never vetoed' : `vetoed: ${codes.join(', ')}`,
  ];
  return `  ${gate.padEnd(16)} ${said.join('; ')}`;
};

const reportJson = ({ files, passed, failed, gates }: TestReport): object => ({ passed, failed, files, gates });

const test = async (io: CliIo, paths: readonly string[]): Promise<void> => {
  const report = await testPaths(paths);
  if (io.json) io.out(JSON.stringify(reportJson(report)));
  else {
    for (const file of report.files) for (const line of fileLines(file)) io.out(line);
    io.out('gates:');
    for (const gate of report.gates) io.out(gateLine(gate));
    io.out(`${report.passed} passed, ${report.failed} failed`);
  }
  if (report.failed > 0) throw new MmmError('SCENARIO_FAILED', `${report.failed} did not go as they say`);
};

const HELP = `
A scenario file ends in .scenario.yaml (.yml, .json) and may lie beside the playbook it tests:

  given:                                   # the ordinary case; each scenario may replace members of it
    at: 2026-05-06T12:00:00Z               # now
    tenant: { quotas: { max_actions_per_day: 1 } }      # as in a tenants file
    actor: { id: dev1, roles: [developer], preferences: { opt_out_categories: [mentor] } }     # null: unknown
    context: { incident_active: true }     # also freeze_active, on_call
    playbooks:
      - file: large-change.yaml            # or playbook: { id: ..., ... }; and version: 3
    earlier:                               # decided first, one after the other, by the same rules
      - { at: -2h, signal: { event_type: commit_pushed, payload: { files_changed: 40 } }, times: 2, every: 10m }
  scenarios:
    - name: the day's quota is used up
      when: { signal: { event_type: commit_pushed, payload: { files_changed: 50 } } }
      then:
        result: decided
        candidates:                        # all of them, most important first
          - { playbook: large-change, action: mentor, disposition: suppressed, reason: cap_day, gates: { caps: cap_day, safety: pass } }
        said: []                           # all that is sent; or - { playbook, action, surfaces, on: { ide: { title: "contains this" } } }

What "then" does not say is free. JSON Schema: schemas/scenario; a commented example: src/playbooks/starter/source-without-tests.scenario.yaml.
No store is opened. The report says which gates passed and vetoed, by reason code; exit code 1 if a scenario does not go as it says.`;

export const registerTest = (playbooks: Command, io: CliIo): void => {
  playbooks
    .command('test')
    .description('run given / when / then scenario files against the decision core')
    .argument('<path...>', 'scenario files, or folders of them')
    .addHelpText('after', HELP)
    .action(async (paths: readonly string[]) => await test(io, paths));
};
