import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { extendLock, LOCK_PATH, lockFaults, lockOutput, parseLock } from '../../tools/generate/release-lock.ts';
import { loadSchemaFiles } from '../../tools/generate/schema-files.ts';
import type { SchemaFile } from '../../tools/generate/schema-files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = (subject: string, version: number, schema: object): SchemaFile => ({
  subject,
  version,
  kind: 'avro',
  path: `schemas/${subject}/v${version}.avsc`,
  schema: { ...schema },
});
const FIRST = file('a-value', 1, { type: 'string' });

test('no released schema was edited or removed, and every committed version is locked', () => {
  const lock = parseLock(readFileSync(join(root, LOCK_PATH), 'utf8'));
  const files = loadSchemaFiles(root);
  expect(lockFaults(files, lock)).toEqual([]);
  expect([...lock.keys()].sort()).toEqual(files.map(({ path }) => path).sort());
});

describe('the release lock', () => {
  const lock = extendLock([FIRST], new Map());

  test('an edited version is named with what to do', () => {
    const edited = file('a-value', 1, { type: 'string', doc: 'new' });
    expect(lockFaults([edited], lock)).toEqual([
      'schemas/a-value/v1.avsc was released and has been edited; put it back and make the change in v2',
    ]);
  });

  test('a removed version is named', () => {
    expect(lockFaults([], lock)).toEqual(['schemas/a-value/v1.avsc was released and is gone; put it back']);
  });

  test('white space may move', () => {
    const again = file('a-value', 1, JSON.parse(JSON.stringify(FIRST.schema, null, 4)) as object);
    expect(lockFaults([again], lock)).toEqual([]);
  });

  test('a new version takes the next free local id and the old ones keep theirs, whatever the order', () => {
    const later = extendLock([file('0-value', 1, { type: 'int' }), FIRST, file('a-value', 2, { type: 'bytes' })], lock);
    const ids = [...later].map(([path, { localId }]) => [path, localId]);
    expect(ids).toEqual([
      ['schemas/a-value/v1.avsc', 1],
      ['schemas/0-value/v1.avsc', 2],
      ['schemas/a-value/v2.avsc', 3],
    ]);
    expect(parseLock(lockOutput(later).text)).toEqual(new Map([...later].sort()));
  });
});
