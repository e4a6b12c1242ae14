import type { IHeaders } from 'kafkajs';
import type { HeaderValue } from '../../pipeline/ports/records.ts';

/** A header may be repeated on the wire; like Kafka's own clients' `lastHeader`, the last one counts. */
export function readHeaders(headers: IHeaders | undefined): Record<string, HeaderValue> {
  const read: Record<string, HeaderValue> = {};
  if (headers === undefined) return read;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last === undefined || last === null) continue;
    // A sender chooses the names: assignment to __proto__ would set no own property.
    if (name === '__proto__') Object.defineProperty(read, name, { value: last, enumerable: true });
    else read[name] = last;
  }
  return read;
}

export const writeHeader = (value: HeaderValue): string | Buffer =>
  typeof value === 'string' ? value : asBuffer(value);

/** The same bytes, without a copy. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
