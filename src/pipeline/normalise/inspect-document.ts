import type { ErrorCode } from '../../errors.ts';
import { FORBIDDEN_KEYS, LIMITS } from './limits.ts';
import { isPlaceholder, namesSecret } from './secret-names.ts';

export interface Fault {
  readonly code: ErrorCode;
  /** JSON path of the first offence; keys that could themselves be content are shown as `*`. */
  readonly path: string;
}

export interface Inspection {
  readonly fault: Fault | null;
  /** Texts that the secret rules have to look at. Usually none. */
  readonly suspects: readonly string[];
}

/** One object or array that is being walked. */
interface Frame {
  readonly node: Readonly<Record<string, unknown>> | readonly unknown[];
  readonly keys: readonly string[] | null;
  readonly length: number;
  readonly named: boolean;
  next: number;
}

type KeyClass = 'plain' | 'secret' | 'forbidden' | 'too_long' | 'suspect';

/** Keys repeat from record to record, so each is classified once. Bounded: hostile keys empty it, which costs time and no memory. */
const KEY_CACHE_ENTRIES = 4_096;

const SHOWN_KEY = /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/;

const pathOf = (stack: readonly Frame[], depth: number): string => {
  let path = '$';
  for (const frame of stack.slice(0, depth + 1)) {
    const key = frame.keys?.[frame.next - 1];
    if (frame.keys === null) path += `[${frame.next - 1}]`;
    else path += `.${key !== undefined && SHOWN_KEY.test(key) ? key : '*'}`;
  }
  return path.length > 400 ? `${path.slice(0, 400)}...` : path;
};

const frameOf = (node: object, named: boolean): Frame => {
  if (Array.isArray(node)) return { node: node as readonly unknown[], keys: null, length: node.length, named, next: 0 };
  const keys = Object.keys(node);
  return { node: node as Readonly<Record<string, unknown>>, keys, length: keys.length, named, next: 0 };
};

const textTooLong = (text: string): boolean =>
  text.length > LIMITS.stringBytes ||
  (text.length * 3 > LIMITS.stringBytes && Buffer.byteLength(text) > LIMITS.stringBytes);

/**
 * Every limit of a parsed document and every name of a secret in one walk, with a stack of its own (a recursive walk would be the overflow it
 * guards against). `mayHoldSecret` picks the texts for the secret rules. Total: any value gives an answer.
 */
export const createDocumentInspector = (
  mayHoldSecret: (text: string) => boolean,
): ((document: unknown) => Inspection) => {
  const known = new Map<string, KeyClass>();

  const classify = (key: string): KeyClass => {
    if (FORBIDDEN_KEYS.has(key)) return 'forbidden';
    if (key.length > LIMITS.keyCharacters) return 'too_long';
    if (mayHoldSecret(key)) return 'suspect';
    return namesSecret(key) ? 'secret' : 'plain';
  };
  const classOf = (key: string): KeyClass => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const fresh = classify(key);
    // A suspect key may be a secret itself: it is not kept in memory.
    if (fresh === 'plain' || fresh === 'secret') {
      if (known.size >= KEY_CACHE_ENTRIES) known.clear();
      known.set(key, fresh);
    }
    return fresh;
  };

  return (document) => {
    const suspects: string[] = [];
    if (typeof document !== 'object' || document === null || Array.isArray(document)) {
      return { fault: { code: 'SCHEMA_VIOLATION', path: '$' }, suspects };
    }
    const root = frameOf(document, false);
    const stack: Frame[] = [root];
    let depth = 0;
    let keys = root.length;
    let characters = 0;
    const faulty = (code: ErrorCode): Inspection => ({ fault: { code, path: pathOf(stack, depth) }, suspects });
    if (keys > LIMITS.keys) return { fault: { code: 'TOO_MANY_KEYS', path: '$' }, suspects };

    while (depth >= 0) {
      const frame = stack[depth] as Frame;
      if (frame.next >= frame.length) {
        stack.length = depth--;
        continue;
      }
      const at = frame.next++;
      let value: unknown;
      let named = frame.named;
      if (frame.keys === null) value = (frame.node as readonly unknown[])[at];
      else {
        const key = frame.keys[at] as string;
        value = (frame.node as Readonly<Record<string, unknown>>)[key];
        const kind = classOf(key);
        named = kind === 'secret';
        characters += key.length;
        if (kind === 'forbidden') return faulty('KEY_FORBIDDEN');
        if (kind === 'too_long') return faulty('KEY_TOO_LONG');
        if (kind === 'suspect') suspects.push(key);
      }
      switch (typeof value) {
        case 'string':
          characters += value.length;
          if (textTooLong(value)) return faulty('STRING_TOO_LONG');
          if (named && !isPlaceholder(value)) return faulty('SECRET_FOUND');
          if (mayHoldSecret(value)) suspects.push(value);
          break;
        case 'number':
          characters += 4;
          // 1e999 is JSON and parses to Infinity, which no output format can hold.
          if (!Number.isFinite(value)) return faulty('SCHEMA_VIOLATION');
          break;
        case 'object': {
          if (value === null) break;
          if (ArrayBuffer.isView(value)) {
            // Avro `bytes`: never part of a signal, but it counts.
            if (value.byteLength > LIMITS.stringBytes) return faulty('STRING_TOO_LONG');
            break;
          }
          const inner = frameOf(value, Array.isArray(value) && named);
          if (inner.keys === null) {
            if (inner.length > LIMITS.arrayItems) return faulty('ARRAY_TOO_LONG');
          } else if ((keys += inner.length) > LIMITS.keys) return faulty('TOO_MANY_KEYS');
          if (depth + 2 > LIMITS.depth) return faulty('TOO_DEEP');
          stack[++depth] = inner;
          break;
        }
        default:
          break;
      }
      // Holds for documents that came parsed (HTTP), where nobody counted the bytes.
      if (characters > LIMITS.recordBytes) return faulty('RECORD_TOO_LARGE');
    }
    return { fault: null, suspects };
  };
};
