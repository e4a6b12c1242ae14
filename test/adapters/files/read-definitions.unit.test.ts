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
writeFileSync(join(folder, 'b.scenario.yaml'), 'scenarios: []');
afterAll(() => {
  for (const path of [folder, empty]) rmSync(path, { recursive: true });
});

test('a folder gives its YAML and JSON files by name', async () => {
  expect(await readDefinitions(folder)).toMatchObject([
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
    expect(parseDefinition('start: 22:00', 'f')).toMatchObject({ ok: true, file: 'f', document: { start: '22:00' } });
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

describe('the line of a path', () => {
  const text = [
    'id: a',
    'actions:',
    '  - type: mirror',
    '    template:',
    '      title: x',
    '  - { type: mentor }',
    '',
  ].join('\n');
  const read = parseDefinition(text, 'f');
  if (!read.ok) throw new Error('the text is YAML');
  test.each<[string, number | null]>([
    ['id', 1],
    ['actions', 2],
    ['actions[0]', 3],
    ['actions[0].template.title', 5],
    ['actions[1].type', 6],
    ['actions[0].template.body', 4],
    ['actions[1].rationale', 6],
    ['', null],
    ['limits.cooldown', null],
  ])('%s: %s', (path, line) => {
    expect(read.lineOf(path)).toBe(line);
  });
  test('of a JSON text too', () => {
    const json = parseDefinition('{\n "a": [\n  { "b": 1 }\n ]\n}', 'f');
    expect(json.ok && json.lineOf('a[0].b')).toBe(3);
  });
});
