import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCelCompiler } from '../../../src/adapters/cel/cel-compiler.ts';
import { STARTER_FOLDER, readPlaybookFiles } from '../../../src/adapters/files/playbook-files.ts';
import type { PlaybookFile } from '../../../src/adapters/files/playbook-files.ts';
import { lintPlaybook } from '../../../src/domain/playbook/lint-playbook.ts';
import { EVENT_TYPES } from '../../../src/generated/event-types.ts';

const DAY_MS = 86_400_000;

describe('the starter set', () => {
  let files: readonly PlaybookFile[] = [];
  beforeAll(async () => {
    files = await readPlaybookFiles(STARTER_FOLDER);
  });
  const playbooks = () => files.flatMap((file) => (file.ok ? [file.playbook] : []));

  test('all are valid by the JSON Schema and by the engine, one per file and named like it', () => {
    expect(files.filter((file) => !file.ok)).toEqual([]);
    expect(playbooks().map(({ id }) => `${id}.yaml`)).toEqual(files.map(({ file }) => file));
    expect(files.length).toBeGreaterThanOrEqual(6);
  });
  test('none has a finding of the lint', () => {
    const conditions = createCelCompiler();
    expect(playbooks().flatMap((playbook) => lintPlaybook(playbook, EVENT_TYPES, conditions))).toEqual([]);
  });
  test('none speaks twice about one subject within seven days', () => {
    for (const { limits } of playbooks()) {
      expect(limits.subjectCooldownMs).toBeGreaterThanOrEqual(7 * DAY_MS);
      expect(limits.cooldownMs).toBeGreaterThanOrEqual(7 * DAY_MS);
    }
  });
  test('at least three mirrors, two mentors; every text says why', () => {
    const actions = playbooks().flatMap((playbook) => playbook.actions);
    expect(actions.filter((action) => action.type === 'mirror').length).toBeGreaterThanOrEqual(3);
    expect(actions.filter((action) => action.type === 'mentor').length).toBeGreaterThanOrEqual(2);
    expect(actions.every((action) => action.rationale !== null)).toBe(true);
  });
});

describe('a folder of files', () => {
  const text = (id: string, more = ''): string =>
    `id: ${id}\nname: A\nowner: o\ntriggers: [{ event_type: commit_pushed }]\nactions:\n  - { type: mirror, surfaces: [ide], template: { title: a, body: b } }\n${more}`;
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'playbooks-'));
    await writeFile(join(folder, 'a.yaml'), text('a'));
    await writeFile(join(folder, 'b.yaml'), text('a'));
    await writeFile(join(folder, 'c.yaml'), text('c', 'limits: { cooldown: soon }\n'));
    await writeFile(join(folder, 'd.yaml'), 'id: [');
    await writeFile(join(folder, 'e.txt'), 'not a playbook');
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('each file is answered for itself', async () => {
    const files = await readPlaybookFiles(folder);
    expect(files.map((file) => [file.file, file.ok ? 'ok' : file.findings[0]?.path])).toEqual([
      ['a.yaml', 'ok'],
      ['b.yaml', 'id'],
      ['c.yaml', 'limits.cooldown'],
      ['d.yaml', expect.stringContaining('line')],
    ]);
  });
  test('a path that is not there is a fault of the command line', async () => {
    await expect(readPlaybookFiles(join(folder, 'nope'))).rejects.toMatchObject({ code: 'USAGE' });
  });
});
