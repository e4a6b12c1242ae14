import { LOCAL_SCHEMA_IDS } from '../../generated/local-schema-ids.ts';
import { AVRO_SCHEMAS } from '../../generated/schemas.ts';
import type { RegistryClient } from './registry-client.ts';

/** Where the schema behind an id comes from. */
export interface SchemaSource {
  /** Avro schema text; null when nobody knows the id. @throws MmmError REGISTRY_UNAVAILABLE. */
  byId(id: number): string | null | Promise<string | null>;
}

export class RegistrySchemas implements SchemaSource {
  readonly #client: RegistryClient;

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  async byId(id: number): Promise<string | null> {
    const found = await this.#client.schemaById(id);
    // A JSON Schema behind an Avro wire prefix: as little to read the record with as an unknown id.
    return found === null || found.kind !== 'AVRO' ? null : found.text;
  }
}

/** The embedded default, which has no registry: ids that come with the program. */
export class LocalSchemas implements SchemaSource {
  readonly #texts: ReadonlyMap<number, string>;

  constructor() {
    const texts = new Map(AVRO_SCHEMAS.map(({ subject, version, text }) => [`${subject}:${version}`, text]));
    this.#texts = new Map(
      LOCAL_SCHEMA_IDS.flatMap(({ id, subject, version }): [number, string][] => {
        const text = texts.get(`${subject}:${version}`);
        return text === undefined ? [] : [[id, text]];
      }),
    );
  }

  byId(id: number): string | null {
    return this.#texts.get(id) ?? null;
  }
}
