import { Command } from 'commander';
import { expect, test } from '@jest/globals';
import { COMMANDS } from '../../../src/entrypoints/cli/commands.ts';

const WIDTH_CHARS = 100;

const withSubcommands = (command: Command): Command[] => [command, ...command.commands.flatMap(withSubcommands)];

/** As it is printed, with what commander does not wrap: the texts after it. */
const helpOf = (command: Command): string[] => {
  const written: string[] = [];
  command.configureOutput({ writeOut: (text) => void written.push(text), getOutHelpWidth: () => WIDTH_CHARS });
  command.outputHelp();
  return written.join('').split('\n');
};

test.each(['receipts'])('no help of `mmm %s` has a line that a terminal breaks', async (name) => {
  const program = new Command('mmm');
  (await COMMANDS[name]!.load()).register(program, { out: () => undefined, err: () => undefined, json: false });
  const commands = program.commands.flatMap(withSubcommands);
  expect(commands.length).toBeGreaterThan(0);
  const lines = commands.flatMap((command) => helpOf(command).map((line) => `${command.name()}: ${line}`));
  expect(lines.filter((line) => line.length > line.indexOf(': ') + 2 + WIDTH_CHARS)).toEqual([]);
});
