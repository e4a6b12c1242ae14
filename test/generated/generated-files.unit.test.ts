import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { LOCAL_SCHEMA_IDS } from '../../src/generated/local-schema-ids.ts';
import { AVRO_SCHEMAS } from '../../src/generated/schemas.ts';
import { allOutputs } from '../../tools/generate/all-outputs.ts';
import { writeOutputs } from '../../tools/generate/outputs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

// Formatting all of it takes some seconds of a core, and more of a shared one.
test('what is committed is what the sources generate', async () => {
  expect(await writeOutputs(root, allOutputs(root), true)).toEqual([]);
}, 60_000);

test('every Avro version has one local id, and no id is used twice', () => {
  const name = (entry: { subject: string; version: number }): string => `${entry.subject}@${entry.version}`;
  expect(LOCAL_SCHEMA_IDS.map(name).sort()).toEqual(AVRO_SCHEMAS.map(name).sort());
  expect(new Set(LOCAL_SCHEMA_IDS.map(({ id }) => id)).size).toBe(LOCAL_SCHEMA_IDS.length);
});
