import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parseDefinition, readDefinitions } from '../../../src/adapters/files/read-definitions.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmm-definitions-'));
const empty = mkdtempSync(join(tmpdir(), 'mmm-definitions-'));
writeFileSync(join(folder, 'b.yaml'), 'id: b\n');
writeFileSync(join(folder, 'a.json'), '{"id": "a"}');
writeFileSync(join(folder, 'notes.txt'), 'not read');
afterAll(() => {
  for (const path of [folder, empty]) rmSync(path, { recursive: true });
});

test('a folder gives its YAML and JSON files by name', async () => {
  expect(await readDefinitions(folder)).toEqual([
    { ok: true, file: 'a.json', document: { id: 'a' } },
    { ok: true, file: 'b.yaml', document: { id: 'b' } },
  ]);
});

test('a path that is not there, and a folder without a definition, are wrong use', async () => {
  await expect(readDefinitions(join(folder, 'none'))).rejects.toMatchObject({ code: 'USAGE' });
  await expect(readDefinitions(empty)).rejects.toMatchObject({ code: 'USAGE' });
});

test('a file that is too large is not read', async () => {
  const large = join(empty, 'large.json');
  writeFileSync(large, `"${'a'.repeat(1_048_576)}"`);
  expect(await readDefinitions(large)).toMatchObject([{ ok: false, file: 'large.json' }]);
});

describe('parseDefinition', () => {
  test('a time of day stays a text', () => {
    expect(parseDefinition('start: 22:00', 'f')).toEqual({ ok: true, file: 'f', document: { start: '22:00' } });
  });

  test.each([
    ['a key twice', 'a: 1\na: 2'],
    ['an open bracket', 'a: [1'],
    ['two documents', 'a: 1\n---\na: 2'],
  ])('%s: the place is named', (_name, text) => {
    expect(parseDefinition(text, 'f')).toMatchObject({
      ok: false,
      findings: [{ path: expect.stringMatching(/^line \d+, column \d+$/) }],
    });
  });

  test('a text that unfolds to gigabytes is refused', () => {
    const level = (n: number): string =>
      `l${n}: &l${n} [${Array(9)
        .fill(`*l${n - 1}`)
        .join(', ')}]`;
    const bomb = ['l0: &l0 [x]', ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(level)].join('\n');
    expect(parseDefinition(bomb, 'f')).toMatchObject({ ok: false });
  });
});
