import type { Type } from 'avsc';
import { MmmError } from '../../errors.ts';
import { avroType, toPlain } from './guarded-types.ts';
import type { SchemaSource } from './schema-source.ts';

export const MAGIC_BYTE = 0;
/** Magic byte and a big-endian id, as Confluent's clients write them. */
export const PREFIX_BYTES = 5;

/** An id that the registry does not know may be registered a moment later; a flood of them must not become a flood of requests. */
const UNKNOWN_FOR_MS = 10_000;
/** Ids can be made up by whoever writes to a topic: what is remembered of them is bounded. */
const MAX_UNKNOWN = 10_000;

export type AvroReader = (wire: Buffer) => unknown;

/** Readers by schema id, each parsed once. `target`: read as this type (defaults filled in); without it, as it was written. */
export class AvroReaders {
  readonly #source: SchemaSource;
  readonly #monotonicMs: () => number;
  readonly #target: Type | undefined;
  readonly #readers = new Map<number, AvroReader>();
  readonly #asked = new Map<number, Promise<AvroReader>>();
  readonly #unknownUntil = new Map<number, number>();

  constructor(source: SchemaSource, monotonicMs: () => number, target?: Type) {
    this.#source = source;
    this.#monotonicMs = monotonicMs;
    this.#target = target;
  }

  /**
   * Decodes a record in Confluent wire format: a plain value when its schema is in memory, else a promise.
   * @throws MmmError AVRO_MALFORMED, SCHEMA_ID_UNKNOWN, REGISTRY_UNAVAILABLE (or the promise rejects with it).
   */
  decode(wire: Buffer): unknown {
    if (wire.length < PREFIX_BYTES) throw new MmmError('AVRO_MALFORMED');
    const id = wire.readUInt32BE(1);
    const reader = this.#readers.get(id);
    if (reader !== undefined) return reader(wire);
    if ((this.#unknownUntil.get(id) ?? 0) > this.#monotonicMs()) throw unknownId(id);
    return this.#load(id).then((loaded) => loaded(wire));
  }

  /** One request for an id however many records wait for it. */
  #load(id: number): Promise<AvroReader> {
    const asked = this.#asked.get(id);
    if (asked !== undefined) return asked;
    const loading = this.#fetch(id).finally(() => this.#asked.delete(id));
    this.#asked.set(id, loading);
    return loading;
  }

  async #fetch(id: number): Promise<AvroReader> {
    const text = await this.#source.byId(id);
    const reader = text === null ? null : readerOf(text, this.#target);
    if (reader === null) {
      if (this.#unknownUntil.size >= MAX_UNKNOWN) this.#unknownUntil.clear();
      this.#unknownUntil.set(id, this.#monotonicMs() + UNKNOWN_FOR_MS);
      throw unknownId(id);
    }
    this.#readers.set(id, reader);
    return reader;
  }
}

const unknownId = (id: number): MmmError => new MmmError('SCHEMA_ID_UNKNOWN', undefined, { details: { id } });

/** Null when the schema can not be read, or not as the target: then no record under this id can. */
function readerOf(text: string, target: Type | undefined): AvroReader | null {
  let writer: Type;
  let reader: Type;
  let resolver: ReturnType<Type['createResolver']> | undefined;
  try {
    writer = avroType(text);
    reader = target ?? writer;
    resolver = target === undefined ? undefined : target.createResolver(writer);
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
  return (wire) => {
    try {
      const decoded: { value: unknown; offset: number } = reader.decode(wire, PREFIX_BYTES, resolver);
      // Left-over bytes mean as much as missing ones: it was written with another schema.
      if (decoded.offset === wire.length) return toPlain(decoded.value);
    } catch (error) {
      throw new MmmError('AVRO_MALFORMED', undefined, { cause: error });
    }
    throw new MmmError('AVRO_MALFORMED');
  };
}
