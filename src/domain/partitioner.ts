/**
 * Which partition a key belongs to: murmur2 as Kafka's Java client and the default partitioner of kafkajs 2 compute it. One implementation,
 * because a signal put in by another client, our own intake, the HTTP path and the outbox shard must all agree on the owner of an actor.
 */
const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

const encoder = new TextEncoder();
/** Longer keys are rare: an id has 255 characters at most. */
const SCRATCH_BYTES = 2_048;
const scratch = new Uint8Array(SCRATCH_BYTES);

/** The UTF-8 bytes of a text, valid until the next call: keys are hashed for every record, and an array of its own for each took longer than the hash. */
const bytesOf = (text: string): Uint8Array => {
  const { read, written } = encoder.encodeInto(text, scratch);
  return read === text.length ? scratch.subarray(0, written) : encoder.encode(text);
};

export const murmur2 = (data: Uint8Array): number => {
  const length = data.length;
  let h = SEED ^ length;
  const blocks = length >>> 2;
  for (let i = 0; i < blocks; i++) {
    const at = i * 4;
    let k = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> R;
    k = Math.imul(k, M);
    h = Math.imul(h, M) ^ k;
  }
  const tail = blocks * 4;
  const left = length - tail;
  if (left >= 3) h ^= data[tail + 2]! << 16;
  if (left >= 2) h ^= data[tail + 1]! << 8;
  if (left >= 1) h = Math.imul(h ^ data[tail]!, M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
};

/** `key` as text is hashed as its UTF-8 bytes. `count` must be at least 1. */
export const partitionOf = (key: Uint8Array | string, count: number): number =>
  (murmur2(typeof key === 'string' ? bytesOf(key) : key) & 0x7fffffff) % count;
