import { spawn } from 'node:child_process';
import { MmmError } from '../../errors.ts';

export interface ProgramResult {
  readonly exitCode: number | null;
  readonly output: string;
}

export interface ProgramOptions {
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
}

/**
 * Runs a program to its end and collects both outputs. `exitCode` is -1 when there is no such program (or it may not be run), so
 * that the caller can name the missing prerequisite.
 */
export const runProgram = async (
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> =>
  await new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', (error) => resolve({ exitCode: -1, output: error.message }));
    child.once('close', (exitCode) => resolve({ exitCode, output: Buffer.concat(chunks).toString('utf8') }));
  });

/** As `runProgram`, but anything except exit code 0 is STACK_START_FAILED with the end of the output. */
export const mustRun = async (
  what: string,
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<string> => {
  const result = await runProgram(command, args, options);
  if (result.exitCode !== 0) {
    const tail = result.output.trim().split('\n').slice(-8).join('\n');
    throw new MmmError('STACK_START_FAILED', `${what} failed (exit code ${result.exitCode ?? 'none'}): ${tail}`);
  }
  return result.output;
};
