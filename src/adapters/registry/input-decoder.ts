import { MmmError } from '../../errors.ts';
import type { InputDecoder } from '../../pipeline/ports/codec.ts';
import { AvroReaders, MAGIC_BYTE } from './avro-readers.ts';
import { parseJsonBytes } from './json-bytes.ts';
import type { RegistryClient } from './registry-client.ts';
import { LocalSchemas, RegistrySchemas } from './schema-source.ts';
import type { SchemaSource } from './schema-source.ts';

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Avro begins with a zero byte, which no JSON text does. Avro is read as it was written: the normaliser checks the shape of both alike. */
class SchemaInputDecoder implements InputDecoder {
  readonly #readers: AvroReaders;

  constructor(source: SchemaSource, monotonicMs: () => number) {
    this.#readers = new AvroReaders(source, monotonicMs);
  }

  decode(_channel: string, bytes: Uint8Array): unknown {
    if (bytes.length === 0) throw new MmmError('EMPTY_VALUE');
    return bytes[0] === MAGIC_BYTE ? this.#readers.decode(asBuffer(bytes)) : parseJsonBytes(bytes);
  }
}

export class RegistryInputDecoder extends SchemaInputDecoder {
  constructor(client: RegistryClient, monotonicMs: () => number) {
    super(new RegistrySchemas(client), monotonicMs);
  }
}

/** For the embedded default: the ids of schemas/, no network. */
export class LocalInputDecoder extends SchemaInputDecoder {
  constructor(monotonicMs: () => number = () => performance.now()) {
    super(new LocalSchemas(), monotonicMs);
  }
}
