import type { TopicName } from '../../generated/topics.ts';
import type { EncodedTypes, InputDecoder, ReleasedCodec } from '../../pipeline/ports/codec.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';
import type { RemadeOutput } from './reexecute.ts';
import type { Difference } from './verdict.ts';

/** Where the outputs of decisions are published. Receipts are what everything else is held against. */
export const PUBLISHED_TOPICS = [
  'mmm.decisions',
  'mmm.delivery.ide',
  'mmm.delivery.ci',
  'mmm.delivery.alert',
] as const satisfies readonly (TopicName & keyof EncodedTypes)[];
type PublishedTopic = (typeof PUBLISHED_TOPICS)[number];

const idIn = (topic: PublishedTopic, value: unknown): string => {
  const member = topic === 'mmm.decisions' ? 'decision_id' : 'delivery_id';
  if (typeof value !== 'object' || value === null || !(member in value)) return '';
  return String((value as Readonly<Record<string, unknown>>)[member]);
};

/** What is read of a decision made again. */
export interface PublishedBy {
  readonly unsigned: { readonly row: { readonly decisionId: string }; readonly records: readonly OutputRecord[] };
  readonly outputs: readonly RemadeOutput[];
}

/** Holds what was published against what verified decisions say, by id. */
export class PublishedCheck {
  readonly #codec: ReleasedCodec;
  readonly #decoder: InputDecoder;
  readonly #sha256: (bytes: Uint8Array) => string;
  /** Digest of the bytes. */
  readonly #expected = new Map<string, string>();
  /** Digests of the same output as earlier releases wrote it: topics keep records for weeks. */
  readonly #earlier = new Map<string, ReadonlySet<string>>();
  readonly #decisions = new Set<string>();
  readonly #seen = new Set<string>();

  constructor(codec: ReleasedCodec, decoder: InputDecoder, sha256: (bytes: Uint8Array) => string) {
    this.#codec = codec;
    this.#decoder = decoder;
    this.#sha256 = sha256;
  }

  add({ unsigned, outputs }: PublishedBy): void {
    this.#decisions.add(unsigned.row.decisionId);
    for (const [n, { topic, value }] of unsigned.records.entries())
      this.#expected.set(`${topic} ${outputs[n]?.id ?? ''}`, this.#sha256(value ?? new Uint8Array()));
    for (const { id, topic, value } of outputs) {
      const earlier = this.#codec.earlierSchemas(topic).map((header) => this.#codec.encodeAs(header, topic, value));
      const digests = earlier.flatMap((bytes) => (bytes === null ? [] : [this.#sha256(bytes)]));
      if (digests.length > 0) this.#earlier.set(`${topic} ${id}`, new Set(digests));
    }
  }

  /** How many outputs were found and are as they should be, and how many were not found. */
  counts(): { readonly compared: number; readonly notFound: number } {
    return { compared: this.#seen.size, notFound: this.#expected.size - this.#seen.size };
  }

  /** Null: as it should be, or of a decision that was not verified here. Throws what the decoder says of a registry that is away. */
  async difference(topic: PublishedTopic, { value, headers }: RawRecord): Promise<Difference | null> {
    const bytes = value ?? new Uint8Array();
    const header = headers['mmm-decision-id'];
    const decisionId = header === undefined ? '' : Buffer.from(header).toString('utf8');
    const decoded = await this.#decoded(topic, bytes);
    const id = idIn(topic, decoded);
    const name = `${topic} ${id}`;
    const expected = this.#expected.get(name);
    const what =
      topic === 'mmm.decisions' ? `published decision ${id || decisionId}` : `delivery ${id || '(unreadable)'}`;
    const found = this.#sha256(bytes);
    if (expected === undefined) {
      if (!this.#decisions.has(decisionId)) return null;
      return {
        what,
        expected: null,
        found: `sha256:${found}`,
        meaning: `decision ${decisionId} does not make this record`,
      };
    }
    this.#seen.add(name);
    if (expected === found || this.#earlier.get(name)?.has(found) === true) return null;
    return {
      what,
      expected: `sha256:${expected}`,
      found: `sha256:${found}`,
      meaning: 'what was published is not what the decision says',
    };
  }

  async #decoded(topic: PublishedTopic, bytes: Uint8Array): Promise<unknown> {
    try {
      return await this.#decoder.decode(topic, bytes);
    } catch (error) {
      if ((error as { readonly retriable?: boolean }).retriable === true) throw error;
      return null;
    }
  }
}
