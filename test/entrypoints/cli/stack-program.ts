import { Command, CommanderError } from 'commander';
import { stackCommand } from '../../../src/entrypoints/cli/stack.ts';
import { MmmError } from '../../../src/errors.ts';

/** Runs `stack ...` alone as a whole process, with the exit codes of the command line (1 failed, 2 wrong use). */
const program = new Command().exitOverride();
const args = process.argv.slice(2);
const json = args.includes('--json');
const io = {
  out: (line: string): void => void process.stdout.write(`${line}\n`),
  err: (line: string): void => void process.stderr.write(`${line}\n`),
  json,
};
stackCommand.register(program, io);
for (const command of program.commands.flatMap((parent) => [parent, ...parent.commands])) command.exitOverride();
try {
  await program.parseAsync(
    args.filter((arg) => arg !== '--json'),
    { from: 'user' },
  );
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof MmmError) {
    io.err(`${error.code}: ${error.message}`);
    process.exitCode = 1;
  } else throw error;
}
