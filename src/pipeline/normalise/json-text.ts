import { MmmError } from '../../errors.ts';
import { LIMITS } from './limits.ts';

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * True if JSON text opens more levels than the limit, told before it is parsed: one pass over bytes costs about a microsecond per KB, and
 * no parser, recursive or not, ever sees a megabyte of brackets. Says nothing about whether the text is JSON.
 */
export const nestsTooDeep = (bytes: Uint8Array, limit: number = LIMITS.depth): boolean => {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > limit) return true;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
  }
  return false;
};

// Fatal: a replaced byte would change an id without a trace. A leading byte order mark is dropped by the decoder.
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A JSON value from its bytes. Throws MmmError INVALID_UTF8 or NOT_JSON; the text of the parser's own error, which quotes the input, is dropped. */
export const parseJsonBytes = (bytes: Uint8Array): unknown => {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new MmmError('INVALID_UTF8');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new MmmError('NOT_JSON');
  }
};
