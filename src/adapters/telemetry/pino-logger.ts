import { createHmac, randomBytes } from 'node:crypto';
import { type DestinationStream, pino } from 'pino';
import { isRetriable, MmmError } from '../../errors.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';

/** Fields that name a person become keyed hashes; fields that could hold content or credentials never reach the log. */
const HASHED = ['actor_id', 'actor', 'subject'] as const;
const REMOVED = ['value', 'payload', 'body', 'headers', 'password', 'token', 'authorization', 'key', 'url'] as const;

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly version: string;
  /** Where this installation runs (MMM_REGION), for whoever reads the lines of several. */
  readonly region?: string;
  /** Key of the hashes; a new random one per process keeps one person's lines together and says nothing beyond it. */
  readonly hashKey?: Uint8Array;
  readonly destination?: DestinationStream;
}

export const createLogger = (options: LoggerOptions): Logger => {
  const base = pino(
    {
      level: options.level,
      base: {
        service: 'mmm-engine',
        version: options.version,
        ...(options.region === undefined ? {} : { region: options.region }),
      },
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'event',
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
  return wrap(base, options.hashKey ?? randomBytes(32));
};

const wrap = (base: pino.Logger, hashKey: Uint8Array): Logger => {
  const clean = (fields: Record<string, unknown> = {}): Record<string, unknown> => cleaned(fields, hashKey);
  return {
    debug: (event, fields) => base.debug(clean(fields), event),
    info: (event, fields) => base.info(clean(fields), event),
    warn: (event, fields) => base.warn(clean(fields), event),
    error: (event, fields) => base.error(clean(fields), event),
    child: (fields) => wrap(base.child(clean(fields)), hashKey),
  };
};

const cleaned = (fields: Record<string, unknown>, hashKey: Uint8Array): Record<string, unknown> => {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if ((REMOVED as readonly string[]).includes(name)) continue;
    if ((HASHED as readonly string[]).includes(name)) {
      out[name] = createHmac('sha256', hashKey).update(String(value)).digest('hex').slice(0, 16);
    } else out[name] = name === 'error' ? describe(value) : value;
  }
  return out;
};

/**
 * Name, code and stack of an error: never its enumerable members, which in clients hold statements, parameters and addresses with passwords. A
 * dependency that is away is no fault of the code: without stacks such a line is one that can be read at night, and there are many of them then.
 * A cause without a code (a TypeError) is a fault and keeps its stack.
 */
const describe = (
  error: unknown,
  under: { readonly isExpected: boolean } = { isExpected: false },
): Record<string, unknown> => {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = error instanceof MmmError ? error.code : (error as NodeJS.ErrnoException).code;
  const isExpected = under.isExpected || isRetriable(error);
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    ...(error instanceof MmmError ? { message: error.message, ...error.details } : {}),
    ...(isExpected && code !== undefined ? {} : { stack: frames.slice(0, 8).map((line) => line.trim()) }),
    ...(error.cause === undefined ? {} : { cause: describe(error.cause, { isExpected }) }),
  };
};
