import { MmmError } from '../../errors.ts';

/** Far above what is taken (the normaliser says TOO_DEEP exactly); below what recursion over the value could not bear. */
const MAX_NESTING = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** First byte of a JSON text: an object, array, string, number, literal, white space, or the byte order mark. */
const JSON_STARTS = new Set([...Buffer.from('{["-0123456789tfn \t\r\n'), 0xef]);

/**
 * Parses UTF-8 JSON without ever exceeding the stack, however deep it nests.
 * @throws MmmError NOT_JSON, INVALID_UTF8, TOO_DEEP.
 */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  const first = bytes[0];
  if (first === undefined || !JSON_STARTS.has(first)) throw new MmmError('NOT_JSON');
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (error) {
    throw new MmmError('INVALID_UTF8', undefined, { cause: error });
  }
  if (nestsDeeper(bytes, MAX_NESTING)) throw new MmmError('TOO_DEEP');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Without the cause: the parser's message quotes the payload.
    throw new MmmError('NOT_JSON');
  }
}

/** Brackets outside strings. On bytes: none of the marks is part of a longer UTF-8 sequence. */
function nestsDeeper(bytes: Uint8Array, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) inString = !inString;
    else if (inString) {
      if (byte === BACKSLASH) i++;
    } else if ((byte | 0x20) === 0x7b) {
      if (++depth > limit) return true;
    } else if ((byte | 0x20) === 0x7d) depth--;
  }
  return false;
}
