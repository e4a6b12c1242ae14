import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { Finding } from '../../domain/playbook/finding.ts';
import { MmmError } from '../../errors.ts';
import { lineOfPath } from './line-of-path.ts';

/** A definition that a person wrote (a playbook, a tenants file), as a plain value, or why it can not be read. */
export type Definition =
  | { readonly ok: true; readonly file: string; readonly document: unknown; readonly lineOf: LineOf }
  | { readonly ok: false; readonly file: string; readonly findings: readonly Finding[] };

/** The line, from 1, on which a path of a finding stands; null if that can not be said. */
export type LineOf = (path: string) => number | null;

const SUFFIXES = ['.yaml', '.yml', '.json'];
/** Far above any real definition; a folder given by mistake is not read into memory. */
const FILE_MAX_BYTES = 1_048_576;

/** Scenario files lie beside the playbooks they test and are no playbooks. */
export const isScenarioFile = (name: string): boolean => /\.scenario\.(yaml|yml|json)$/.test(name);

/**
 * Reads one file, or every `.yaml`, `.yml` and `.json` directly inside a folder (`only` tells which of them), sorted by name.
 * @throws MmmError USAGE when the path does not exist or a folder holds no such file.
 */
export async function readDefinitions(
  path: string,
  only: (name: string) => boolean = (name) => !isScenarioFile(name),
): Promise<readonly Definition[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw new MmmError('USAGE', `${path} can not be read`, { cause: error });
  });
  if (!found.isDirectory()) return [await readOne(path)];
  const names = (await readdir(path)).filter((name) => SUFFIXES.includes(extname(name)) && only(name)).sort();
  if (names.length === 0) throw new MmmError('USAGE', `${path} holds no ${SUFFIXES.join(', ')} file`);
  return Promise.all(names.map((name) => readOne(join(path, name))));
}

/** YAML or JSON text as a plain value. A key written twice is a fault: which one counts is nothing a reader should guess. */
export function parseDefinition(text: string, file: string): Definition {
  const lines = new LineCounter();
  const document = parseDocument(text, { uniqueKeys: true, lineCounter: lines });
  const findings = document.errors.map((error) => {
    const [at] = error.linePos ?? [];
    const where = at === undefined ? '' : `line ${at.line}, column ${at.col}`;
    return { path: where, message: `is not YAML or JSON (${error.code})`, remedy: 'mend the text at this place' };
  });
  if (findings.length > 0) return { ok: false, file, findings };
  try {
    return {
      ok: true,
      file,
      document: document.toJS({ maxAliasCount: 100 }) as unknown,
      lineOf: (path) => lineOfPath(document, lines, path),
    };
  } catch (error) {
    // The reader's own limit on aliases: a small text may otherwise unfold to gigabytes.
    if (!(error instanceof ReferenceError)) throw error;
    const finding = {
      path: '',
      message: 'refers to itself too often',
      remedy: 'write the values out, without aliases',
    };
    return { ok: false, file, findings: [finding] };
  }
}

async function readOne(path: string): Promise<Definition> {
  const file = basename(path);
  const { size } = await stat(path);
  if (size > FILE_MAX_BYTES) {
    const finding = { path: '', message: `is over ${FILE_MAX_BYTES} bytes`, remedy: 'split it' };
    return { ok: false, file, findings: [finding] };
  }
  return parseDefinition(await readFile(path, 'utf8'), file);
}
