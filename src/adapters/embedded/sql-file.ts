import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const texts = new Map<string, string>();

/** Statement `name` of src/adapters/embedded/sql (style 18), read once, on first use. */
export const logSql = (name: string): string => {
  const known = texts.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(join(import.meta.dirname, 'sql', `${name}.sql`), 'utf8');
  texts.set(name, text);
  return text;
};
