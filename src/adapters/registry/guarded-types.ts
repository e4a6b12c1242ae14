import avro from 'avsc';
import type { Schema, Type } from 'avsc';

/** The part of avsc's reading position that is used here. */
interface Tap {
  readonly buf: Buffer;
  readonly pos: number;
  readLong(): number;
  skipLong(): void;
  readString(): string;
}

interface Reader {
  _read(tap: Tap): unknown;
}

type TypeClass = new (schema: object, options: object) => object;

/**
 * The number of items of a block, which each take at least a byte. A damaged record can claim 2^50 of them, and avsc would count
 * through all of them past the end of the buffer: a poison record would stop its lane for ever.
 */
function blockLength(tap: Tap): number {
  let count = tap.readLong();
  if (count < 0) {
    count = -count;
    tap.skipLong();
  }
  if (count > tap.buf.length - tap.pos) throw new RangeError('more items than bytes');
  return count;
}

class GuardedMap extends (avro.types.MapType as unknown as TypeClass) {
  declare readonly valuesType: Reader;

  _read(tap: Tap): unknown {
    const map: Record<string, unknown> = {};
    for (let left = blockLength(tap); left > 0; left = blockLength(tap)) {
      for (; left > 0; left--) {
        const key = tap.readString();
        const value = this.valuesType._read(tap);
        if (key === '__proto__') Object.defineProperty(map, key, { value, enumerable: true });
        else map[key] = value;
      }
    }
    return map;
  }
}

class GuardedArray extends (avro.types.ArrayType as unknown as TypeClass) {
  declare readonly itemsType: Reader;

  _read(tap: Tap): unknown {
    const items: unknown[] = [];
    for (let left = blockLength(tap); left > 0; left = blockLength(tap)) {
      for (; left > 0; left--) items.push(this.itemsType._read(tap));
    }
    return items;
  }
}

const isSchemaOf = (schema: unknown, type: string): schema is object =>
  typeof schema === 'object' && schema !== null && (schema as { type?: unknown }).type === type;

/** Parses an Avro schema; its type reads damaged bytes in bounded time. Throws what avsc throws for a text that is no schema. */
export function avroType(text: string): Type {
  return avro.Type.forSchema(JSON.parse(text) as Schema, {
    typeHook: ((schema: unknown, options: object) => {
      if (isSchemaOf(schema, 'map')) return new GuardedMap(schema, options);
      if (isSchemaOf(schema, 'array')) return new GuardedArray(schema, options);
      return undefined;
    }) as unknown as (schema: Schema, options: unknown) => Type | undefined,
  });
}

/**
 * Decoded values as JSON would have given them: avsc answers instances of classes it generates, with methods, and wraps a union's value
 * where its branches can not be told apart. Bytes become base64.
 */
export function toPlain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const { unwrap } = value as { unwrap?: unknown };
  if (typeof unwrap === 'function') return toPlain(Object.values(value)[0]);
  const plain: Record<string, unknown> = {};
  // Keys, not entries: each signal is read this way, and most of its members are plain already.
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    const made = typeof item === 'object' ? toPlain(item) : item;
    if (key === '__proto__') Object.defineProperty(plain, key, { value: made, enumerable: true });
    else plain[key] = made;
  }
  return plain;
}
