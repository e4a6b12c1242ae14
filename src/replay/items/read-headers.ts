import type { HeaderValue } from '../../pipeline/ports/records.ts';

/** A header as text; null if there is none. */
export const textOf = (headers: Readonly<Record<string, HeaderValue>>, name: string): string | null => {
  const value = headers[name];
  if (value === undefined) return null;
  return typeof value === 'string' ? value : Buffer.from(value).toString('utf8');
};
