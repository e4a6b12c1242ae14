import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { PlaybookVersion } from '../../domain/compile-rules.ts';
import type { Finding } from '../../domain/playbook/finding.ts';
import type { Expected, Scenario, ScenarioFile, ScenarioGiven, ScenarioWhen } from '../../replay/scenario/scenario.ts';
import { schemaChecker } from './definition-schema.ts';
import { isScenarioFile, type LineOf, readDefinitions } from './read-definitions.ts';

export type ReadScenarios =
  | ({ readonly ok: true } & ScenarioFile)
  | { readonly ok: false; readonly file: string; readonly findings: readonly Finding[]; readonly lineOf: LineOf };

/** As written, after the JSON Schema has accepted it. */
interface WrittenGiven {
  readonly at?: string;
  readonly tenant?: Readonly<Record<string, unknown>>;
  readonly actor?: Readonly<Record<string, unknown>> | null;
  readonly context?: ScenarioGiven['context'];
  readonly playbooks?: readonly { readonly file?: string; readonly playbook?: unknown; readonly version?: number }[];
  readonly earlier?: ScenarioGiven['earlier'];
}
interface WrittenFile {
  readonly requirements?: readonly string[];
  readonly given?: WrittenGiven;
  readonly scenarios: readonly {
    readonly name: string;
    readonly given?: WrittenGiven;
    readonly when: ScenarioWhen;
    readonly then: Expected;
  }[];
}

/** A Wednesday at noon: no usual quiet hours, no weekend, no daylight saving that day. */
const NOON = '2026-05-06T12:00:00Z';
const ACTOR = { id: 'dev1', roles: ['developer'] };

const checkSchema = schemaChecker('scenario');

const playbooksOf = async (
  written: NonNullable<WrittenGiven['playbooks']>,
  folder: string,
  path: string,
  findings: Finding[],
): Promise<readonly PlaybookVersion[]> => {
  const read = async (
    { file, playbook, version = 1 }: (typeof written)[number],
    at: number,
  ): Promise<readonly PlaybookVersion[]> => {
    if (file === undefined) return [{ document: playbook, version }];
    const [definition] = await readDefinitions(join(folder, file), () => false).catch(() => []);
    if (definition?.ok === true) return [{ document: definition.document, version }];
    const remedy = 'give the path of a playbook file, from the folder of the scenario file';
    findings.push({ path: `${path}[${at}].file`, message: `${file} can not be read`, remedy });
    return [];
  };
  return (await Promise.all(written.map(read))).flat();
};

const givenOf = async (
  { at = NOON, tenant = {}, actor = ACTOR, context = {}, playbooks = [], earlier = [] }: WrittenGiven,
  folder: string,
  path: string,
  findings: Finding[],
): Promise<ScenarioGiven> => ({
  at,
  tenant: { id: 'acme', ...tenant },
  actor: actor === null ? null : { ...ACTOR, ...actor },
  context,
  playbooks: await playbooksOf(playbooks, folder, `${path}.playbooks`, findings),
  earlier,
});

const scenarioFile = async (
  file: string,
  folder: string,
  document: WrittenFile,
  lineOf: LineOf,
): Promise<ReadScenarios> => {
  const findings: Finding[] = [];
  const scenarios: Scenario[] = [];
  for (const [at, { name, given, when, then }] of document.scenarios.entries()) {
    const path = given?.playbooks === undefined ? 'given' : `scenarios[${at}].given`;
    const merged = await givenOf({ ...document.given, ...given }, folder, path, findings);
    scenarios.push({ name, given: merged, when, then });
  }
  if (findings.length > 0)
    return { ok: false, file, findings: [...new Map(findings.map((one) => [one.path, one])).values()], lineOf };
  return { ok: true, file, requirements: document.requirements ?? [], scenarios };
};

/**
 * Reads one scenario file, or every `*.scenario.yaml` (or .yml, .json) directly inside a folder, with the playbooks they name.
 * @throws MmmError USAGE when the path can not be read or a folder holds no such file.
 */
export const readScenarioFiles = async (path: string): Promise<readonly ReadScenarios[]> => {
  const folder = (await stat(path).catch(() => null))?.isDirectory() === true ? path : dirname(path);
  const read: ReadScenarios[] = [];
  for (const definition of await readDefinitions(path, isScenarioFile)) {
    const { file } = definition;
    if (!definition.ok) {
      read.push({ ok: false, file, findings: definition.findings, lineOf: () => null });
      continue;
    }
    const { document, lineOf } = definition;
    const findings = checkSchema(document);
    if (findings.length > 0) read.push({ ok: false, file, findings, lineOf });
    else read.push(await scenarioFile(file, folder, document as WrittenFile, lineOf));
  }
  return read;
};
