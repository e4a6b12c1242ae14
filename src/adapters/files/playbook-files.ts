import { fileURLToPath } from 'node:url';
import type { Finding } from '../../domain/playbook/finding.ts';
import type { Playbook } from '../../domain/playbook/model.ts';
import { parsePlaybook, type ParsedPlaybook } from '../../domain/playbook/parse-playbook.ts';
import { schemaChecker } from './definition-schema.ts';
import { type LineOf, readDefinitions } from './read-definitions.ts';

/** A playbook read from a file: the document as written (what is stored and hashed) and as parsed with version 1. */
export type PlaybookFile =
  | {
      readonly ok: true;
      readonly file: string;
      readonly document: unknown;
      readonly playbook: Playbook;
      readonly lineOf: LineOf;
    }
  | { readonly ok: false; readonly file: string; readonly findings: readonly Finding[]; readonly lineOf: LineOf };

/** The set that ships with the package (interface 5). */
export const STARTER_FOLDER = fileURLToPath(new URL('../../playbooks/starter', import.meta.url));

const checkSchema = schemaChecker('playbook');
const NO_LINE: LineOf = () => null;

/** A playbook document from anywhere: both the published JSON Schema and the engine's own reading must accept it. */
export const parsePlaybookDocument = (document: unknown, version: number): ParsedPlaybook => {
  const parsed = parsePlaybook(document, version);
  if (!parsed.ok) return parsed;
  const findings = checkSchema(document);
  return findings.length > 0 ? { ok: false, findings } : parsed;
};

/**
 * Reads and checks one playbook file or all of a folder, in order of name. Both the published JSON Schema and the engine's own reading must accept a
 * document, so that what an editor accepts is what runs.
 * @throws MmmError USAGE when the path can not be read.
 */
export const readPlaybookFiles = async (path: string): Promise<readonly PlaybookFile[]> => {
  const seen = new Set<string>();
  return (await readDefinitions(path)).map((definition): PlaybookFile => {
    if (!definition.ok) return { ...definition, lineOf: NO_LINE };
    const { file, document, lineOf } = definition;
    const parsed = parsePlaybookDocument(document, 1);
    if (!parsed.ok) return { ok: false, file, findings: parsed.findings, lineOf };
    const { id } = parsed.playbook;
    if (seen.has(id)) {
      return {
        ok: false,
        file,
        lineOf,
        findings: [{ path: 'id', message: `${id} is in another file too`, remedy: 'use another id' }],
      };
    }
    seen.add(id);
    return { ok: true, file, document, playbook: parsed.playbook, lineOf };
  });
};
