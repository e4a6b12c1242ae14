import type { ErrorCode } from '../../errors.ts';
import type { Note } from '../ports/normaliser.ts';
import { parseDateTime } from './date-time.ts';
import { wellFormed } from './flatten.ts';
import { LIMITS } from './limits.ts';
import type { Mapped } from './vocabulary.ts';

export type Document = Readonly<Record<string, unknown>>;

export interface FieldFault {
  readonly code: ErrorCode;
  readonly message: string;
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';
export const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

/**
 * Reads the fields of one document and keeps the first fault and all notes, so that a source's normaliser is a list of fields without a
 * branch per field. What a reading with a fault returns is never used.
 */
export class FieldReader {
  fault: FieldFault | null = null;
  readonly notes: Note[] = [];
  readonly document: Document;

  constructor(document: Document) {
    this.document = document;
  }

  fail(code: ErrorCode, message: string): void {
    this.fault ??= { code, message };
  }

  note(note: Note): void {
    if (!this.notes.includes(note)) this.notes.push(note);
  }

  /** An opaque id (interface 3): 1 to 255 characters, no control characters, well-formed (a mended one would be another's id). */
  id(value: unknown, path: string, missing: ErrorCode): string {
    if (isAbsent(value)) this.fail(missing, `${path} is missing; set it`);
    else if (typeof value !== 'string') this.fail('SCHEMA_VIOLATION', `${path} is not a string; send a string`);
    else if (value.trim() === '') this.fail(missing, `${path} is blank; set it`);
    else if (value.length > LIMITS.idCharacters) {
      this.fail('ID_INVALID', `${path} has ${value.length} characters; send at most ${LIMITS.idCharacters}`);
    } else if (CONTROL.test(value)) this.fail('ID_INVALID', `${path} has control characters; remove them`);
    else if (!value.isWellFormed())
      this.fail('ID_INVALID', `${path} is not well-formed Unicode; send whole characters`);
    else return value;
    return '';
  }

  /** Absent and blank are null; anything else is held to the rule of ids. */
  optionalId(value: unknown, path: string): string | null {
    if (isAbsent(value) || (typeof value === 'string' && value.trim() === '')) return null;
    return this.id(value, path, 'ID_MISSING');
  }

  optionalText(value: unknown, path: string): string | null {
    if (isAbsent(value)) return null;
    if (typeof value !== 'string') {
      this.fail('SCHEMA_VIOLATION', `${path} is not a string; send a string or leave it out`);
      return null;
    }
    if (!value.isWellFormed()) this.note('text_repaired');
    return wellFormed(value);
  }

  optionalNumber(value: unknown, path: string): number | null {
    if (value === undefined || value === null) return null;
    if (typeof value === 'number') return value;
    this.fail('SCHEMA_VIOLATION', `${path} is not a number; send a number or leave it out`);
    return null;
  }

  optionalDocument(value: unknown, path: string): Document {
    if (value === undefined || value === null) return {};
    if (isDocument(value)) return value;
    this.fail('SCHEMA_VIOLATION', `${path} is not an object; send an object or leave it out`);
    return {};
  }

  /** Length of an optional array. */
  optionalCount(value: unknown, path: string): number | null {
    if (value === undefined || value === null) return null;
    if (Array.isArray(value)) return value.length;
    this.fail('SCHEMA_VIOLATION', `${path} is not an array; send an array or leave it out`);
    return null;
  }

  /** A pull request's number, sent as a number or as its digits. Another word for it is no number and stays in the payload. */
  pullRequest(value: unknown, path: string): number | null {
    if (isAbsent(value)) return null;
    const number = typeof value === 'string' && /^#?\d{1,15}$/.test(value) ? Number(value.replace('#', '')) : value;
    if (typeof number === 'number') {
      if (Number.isSafeInteger(number) && number >= 0) return number;
      this.fail('SCHEMA_VIOLATION', `${path} is not a whole number; send the number of the pull request`);
    } else if (typeof number !== 'string') this.fail('SCHEMA_VIOLATION', `${path} is neither a number nor a string`);
    return null;
  }

  /** One of a closed list, in any case. */
  oneOf<T extends string>(value: unknown, path: string, words: readonly T[]): T {
    const word = typeof value === 'string' ? value.toLowerCase() : value;
    const found = words.find((candidate) => candidate === word);
    if (found !== undefined) return found;
    this.fail('SCHEMA_VIOLATION', `${path} is not one of ${words.join(', ')}`);
    return words[0] as T;
  }

  /** RFC 3339 to milliseconds. Numbers are refused: whether they are seconds or milliseconds nobody says. */
  time(value: unknown, path: string, receivedAtMs: number): number {
    if (isAbsent(value)) this.fail('TIME_MISSING', `${path} is missing; set an RFC 3339 date-time`);
    else if (typeof value !== 'string')
      this.fail('SCHEMA_VIOLATION', `${path} is not a string; send an RFC 3339 date-time`);
    else {
      const time = parseDateTime(value);
      if (time === null) this.fail('TIME_MISSING', `${path} is not an RFC 3339 date-time`);
      else if (time.ms > receivedAtMs + LIMITS.futureMs) {
        this.fail(
          'TIME_IN_FUTURE',
          `${path} is more than ${LIMITS.futureMs / 60_000} minutes ahead; mend the producer's clock`,
        );
      } else {
        if (!time.zoned) this.note('time_without_zone');
        return time.ms;
      }
    }
    return 0;
  }

  mapped<T>(answer: Mapped<T>, unknown: Note): T {
    if (!answer.known) this.note(unknown);
    return answer.word;
  }
}
