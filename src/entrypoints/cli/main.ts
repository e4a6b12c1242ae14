import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ERRORS, MmmError } from '../../errors.ts';
import { COMMANDS } from './commands.ts';
import type { CliIo } from './command.ts';

const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Exit codes of interface 7. */
const FAILED = 1;
const WRONG_USE = 2;

const closed = new AbortController();
const io: CliIo = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  json: process.argv.includes('--json'),
  closed: closed.signal,
};

/** Loads only the command that was asked for: the others' clients would cost every start some tenths of a second. */
const build = async (name: string | undefined): Promise<Command> => {
  const program = new Command('mmm')
    .description('Engineering signals in, nudges out: each exactly once, each with its reason.')
    .version(manifest.version)
    .option('--json', 'one JSON value per answer')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for the ways to call it)');
  for (const [command, entry] of Object.entries(COMMANDS)) {
    if (command === name) (await entry.load()).register(program, io);
    else program.command(command).description(entry.summary).allowUnknownOption().helpOption(false);
  }
  for (const command of program.commands) command.exitOverride();
  return program;
};

const report = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
  if (!(error instanceof MmmError)) {
    io.err(`mmm: a fault of ours: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return FAILED;
  }
  if (io.json) io.out(JSON.stringify({ error: { code: error.code, message: error.message, details: error.details } }));
  io.err(`mmm: ${error.code}: ${error.message}`);
  for (const [name, value] of Object.entries(error.details)) io.err(`  ${name}: ${value}`);
  io.err(`  to mend it: ${ERRORS[error.code].remedy}`);
  return error.code === 'USAGE' ? WRONG_USE : FAILED;
};

// A reader that closes the pipe early (`mmm consume | head`) is no fault, and no reason to stop half way: a database started for the command would
// be left behind.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.exit(FAILED);
  closed.abort();
});

const name = process.argv.slice(2).find((argument) => !argument.startsWith('-'));
try {
  await (await build(name)).parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
