import type { Command } from 'commander';

/** Where a command writes. With `json` it writes one JSON value per answer to `out` and nothing else there. */
export interface CliIo {
  out(line: string): void;
  err(line: string): void;
  json: boolean;
  /** Fires when the reader of `out` is gone (`| head`): who writes on and on ends then. */
  readonly closed?: AbortSignal;
}

/** One command of `mmm`. Its action throws MmmError; the caller turns USAGE into exit code 2 and everything else into 1. */
export interface CliCommand {
  name: string;
  summary: string;
  register(program: Command, io: CliIo): void;
}
