/**
 * PostgreSQL array literals. The driver's own are ten times slower on thousands of numbers (it quotes and escapes each), and the commit
 * carries some twenty thousand elements.
 */
export const numbersText = (values: readonly (number | bigint)[]): string => `{${values.join(',')}}`;

const SPECIAL = /["\\]/g;

export const textsText = (values: readonly (string | null)[]): string =>
  `{${values.map((value) => (value === null ? 'NULL' : `"${value.replace(SPECIAL, '\\$&')}"`)).join(',')}}`;

export const bytesText = (values: readonly (Uint8Array | null)[]): string =>
  textsText(values.map((value) => (value === null ? null : `\\x${Buffer.from(value).toString('hex')}`)));
