import { type Command, InvalidArgumentError, Option } from 'commander';
import { EVERY_LETTER, type LetterFilter } from '../../admin/dead-letters/filter.ts';
import { parseDurationMs } from '../../domain/playbook/duration.ts';
import { ERRORS, MmmError } from '../../errors.ts';
import { type LogPlace, parsePlace } from '../../pipeline/replay-marks.ts';
import { loadConfig } from '../../runtime/config.ts';
import { type DeadLetterTool, openDeadLetterTool } from '../composition/dead-letter-tool.ts';
import type { CliIo } from './command.ts';
import { interruptible } from './interruptible.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

/** What `list`, `replay` and `purge` choose letters by. */
export interface FilterOptions {
  readonly code?: string;
  readonly stage?: string;
  readonly tenant?: string;
  readonly since?: number;
  readonly until?: number;
}

const STAGES = ['intake', 'normalise', 'outcomes'];

const parseCode = (text: string): string => {
  if (!Object.hasOwn(ERRORS, text)) throw new InvalidArgumentError('this is no code; the README lists them');
  return text;
};

/** A date-time needs its zone: without one an operator in another place would be hours off and not see it. */
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

const parseMoment = (text: string): number => {
  const age = parseDurationMs(text);
  const ms = age === null ? (TIME.test(text) ? Date.parse(text) : Number.NaN) : Date.now() - age;
  if (Number.isNaN(ms))
    throw new InvalidArgumentError('give an age (2h, 7d), a date (UTC) or a time with its zone: 2026-03-01T09:00:00Z');
  return ms;
};

export const parseReason = (text: string): string => {
  if (text.trim() === '' || text.length > 500) throw new InvalidArgumentError('say why, in 1 to 500 characters');
  return text;
};

export const withFilter = (command: Command): Command =>
  command
    .option('--code <code>', 'only letters with this code', parseCode)
    .addOption(new Option('--stage <stage>', 'only letters of this stage').choices(STAGES))
    .option('--tenant <id>', 'only letters whose record names this tenant (its own claim; secrets name nobody)')
    .option('--since <time or age>', 'only letters written at this time or later', parseMoment)
    .option('--until <time or age>', 'only letters written before this time', parseMoment);

/** Throws USAGE for what is no place. */
export const placeArgument = (text: string): LogPlace => {
  const place = parsePlace(text);
  if (place === null)
    throw new MmmError(
      'USAGE',
      `${text} is no place; give topic:partition:offset, of the refused record or in mmm.dlq`,
    );
  return place;
};

export const filterOf = (options: FilterOptions, places: readonly string[] = []): LetterFilter => ({
  ...EVERY_LETTER,
  code: options.code ?? null,
  stage: options.stage ?? null,
  tenant: options.tenant ?? null,
  sinceMs: options.since ?? null,
  untilMs: options.until ?? null,
  places: places.map(placeArgument),
});

export const withTool = async <T>(
  io: CliIo,
  work: (tool: DeadLetterTool, signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const tool = await openDeadLetterTool(loadConfig(), SILENT_LOGGER);
  try {
    return await interruptible((signal) => work(tool, signal), io.closed);
  } finally {
    await tool.close();
  }
};

/** After reading: half of the letters are no ground for any answer. */
export const failIfInterrupted = (signal: AbortSignal, done = 'nothing was changed'): void => {
  if (signal.aborted) throw new MmmError('INTERRUPTED', `interrupted: ${done}`);
};

export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
