import { parseDurationMs } from './duration.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads one object of a document field by field and collects every fault instead of stopping at the first (D-66: what is not a number is found
 * here, at load). A reader that met a fault answers the fallback; the caller looks at `findings` before it uses anything.
 */
export class FieldReader {
  readonly findings: Finding[];
  readonly #path: string;
  readonly #fields: Json;

  constructor(value: unknown, path: string, known: readonly string[], findings: Finding[]) {
    this.findings = findings;
    this.#path = path;
    this.#fields = isObject(value) ? value : {};
    if (!isObject(value)) {
      findings.push(finding(path, 'is not an object', 'write it as a mapping of fields'));
      return;
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) this.fault(key, 'is not a known field', `remove it; known here: ${known.join(', ')}`);
    }
  }

  at(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }

  fault(key: string, message: string, remedy: string): void {
    this.findings.push(finding(this.at(key), message, remedy));
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#fields, key) && this.#fields[key] !== undefined;
  }

  raw(key: string): unknown {
    return Object.hasOwn(this.#fields, key) ? this.#fields[key] : undefined;
  }

  object(key: string, known: readonly string[]): FieldReader | null {
    return this.has(key) ? new FieldReader(this.raw(key), this.at(key), known, this.findings) : null;
  }

  /** Items of a required list, each with its path. */
  items(key: string, max: number): readonly { readonly value: unknown; readonly path: string }[] {
    const list = this.raw(key);
    if (!Array.isArray(list) || list.length === 0 || list.length > max) {
      this.fault(key, `is not a list of 1 to ${max} items`, 'write at least one item');
      return [];
    }
    return list.map((value: unknown, index) => ({ value, path: `${this.at(key)}[${index}]` }));
  }

  text(key: string, maxLength: number): string {
    if (this.has(key)) return this.optionalText(key, maxLength) ?? '';
    this.fault(key, 'is missing', 'add it');
    return '';
  }

  optionalText(key: string, maxLength: number): string | null {
    const value = this.raw(key);
    if (value === undefined) return null;
    if (typeof value === 'string' && value.trim() !== '' && value.length <= maxLength) return value;
    this.fault(key, `is not a text of 1 to ${maxLength} characters`, 'write such a text, or remove the field');
    return null;
  }

  oneOf<T extends string>(key: string, words: readonly T[]): T | null {
    const value = this.raw(key);
    if (value === undefined) return null;
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    this.fault(key, 'is not one of the words allowed here', `use one of ${words.join(', ')}`);
    return null;
  }

  /** A list of distinct words; null = absent. An empty list is kept: it means none (C-24). */
  wordList<T extends string>(key: string, words: readonly T[], allowEmpty: boolean): readonly T[] | null {
    const list = this.textList(key, 128, allowEmpty);
    if (list === null) return null;
    const known = words.filter((word) => list.includes(word));
    if (known.length === list.length) return known;
    this.fault(key, 'holds a word that is not allowed here', `use only ${words.join(', ')}`);
    return null;
  }

  textList(key: string, maxLength: number, allowEmpty: boolean): readonly string[] | null {
    const value = this.raw(key);
    if (value === undefined) return null;
    const isText = (item: unknown): item is string =>
      typeof item === 'string' && item !== '' && item.length <= maxLength;
    if (Array.isArray(value) && value.every(isText) && (allowEmpty || value.length > 0)) {
      if (new Set(value).size === value.length) return value;
      this.fault(key, 'names something twice', 'name each once');
      return null;
    }
    this.fault(
      key,
      `is not a list of ${allowEmpty ? '' : 'one or more '}texts of 1 to ${maxLength} characters`,
      allowEmpty ? 'write such a list' : 'name at least one, or remove the field to mean all',
    );
    return null;
  }

  durationMs(key: string, maxMs: number): number | null {
    const value = this.raw(key);
    if (value === undefined) return null;
    const ms = typeof value === 'string' ? parseDurationMs(value) : null;
    if (ms !== null && ms <= maxMs) return ms;
    this.fault(key, `is not a duration up to ${Math.floor(maxMs / 86_400_000)}d`, 'write it like 90s, 15m, 4h or 7d');
    return null;
  }

  integer(key: string, min: number, max: number): number | null {
    const value = this.raw(key);
    if (value === undefined) return null;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.fault(key, `is not a whole number from ${min} to ${max}`, 'write it as a plain number, without quotes');
    return null;
  }

  boolean(key: string): boolean | null {
    const value = this.raw(key);
    if (value === undefined) return null;
    if (typeof value === 'boolean') return value;
    this.fault(key, 'is not true or false', 'write true or false');
    return null;
  }
}
