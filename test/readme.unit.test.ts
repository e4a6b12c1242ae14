import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { COMMANDS } from '../src/entrypoints/cli/commands.ts';
import { block, BLOCKS, README, withTables } from '../tools/readme-tables.ts';

const readme = readFileSync(README, 'utf8');

describe('README', () => {
  test.each(Object.keys(BLOCKS))(
    'its table of %s is what the code says (node tools/readme-tables.ts writes it)',
    (name) => {
      expect(readme.includes(block(name, BLOCKS[name]!()))).toBe(true);
      expect(withTables(readme) === readme).toBe(true);
    },
  );

  test('it stays under 300 lines', () => {
    expect(readme.split('\n').length).toBeLessThan(300);
  });

  test('every command it shows exists', () => {
    const shown = [...readme.matchAll(/npx mmm ([a-z]+)/g)].map((match) => match[1]!);
    expect(shown.length).toBeGreaterThan(5);
    for (const command of shown) expect(Object.keys(COMMANDS)).toContain(command);
  });
});
