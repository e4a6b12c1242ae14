import type { Experiment } from '../../domain/experiment/experiment.ts';
import { parseExperiment } from '../../domain/experiment/parse-experiment.ts';
import type { Finding } from '../../domain/playbook/finding.ts';
import { schemaChecker } from './definition-schema.ts';
import { readDefinitions } from './read-definitions.ts';

export type ExperimentFile =
  | { readonly ok: true; readonly file: string; readonly document: unknown; readonly experiment: Experiment }
  | { readonly ok: false; readonly file: string; readonly findings: readonly Finding[] };

const checkSchema = schemaChecker('experiment');

/** Experiments of a file or folder, checked against their JSON Schema and read as the engine reads them. Throws USAGE when the path can not be read. */
export const readExperimentFiles = async (path: string): Promise<readonly ExperimentFile[]> =>
  (await readDefinitions(path)).map((definition) => {
    if (!definition.ok) return definition;
    const { file, document } = definition;
    const parsed = parseExperiment(document);
    // The parser's findings say more of the same fault; the schema is asked too, so that no document passes that does not fit it.
    const findings = parsed.ok ? checkSchema(document) : parsed.findings;
    if (!parsed.ok || findings.length > 0) return { ok: false, file, findings };
    return { ok: true, file, document, experiment: parsed.experiment };
  });
