import { hash, randomUUID } from 'node:crypto';
import { parse, v5 } from 'uuid';
import type { IdPort } from '../../domain/ids.ts';

const SPACE_BYTES = 16;
const spaces = new Map<string, Uint8Array>();

/** Name space of a kind: uuid5(URL, `urn:mmm-engine:<kind>`) (interface 3). */
const spaceOf = (kind: string): Uint8Array => {
  const held = spaces.get(kind);
  if (held !== undefined) return held;
  const made = parse(v5(`urn:mmm-engine:${kind}`, v5.URL));
  spaces.set(kind, made);
  return made;
};

/** Names are short (a few ids); a longer one gets bytes of its own. */
const SCRATCH_BYTES = 4_096;
const scratch = Buffer.alloc(SCRATCH_BYTES);
/** UTF-8 takes at most three bytes for a UTF-16 code unit. */
const MOST_BYTES_PER_UNIT = 3;

/** RFC 9562's version 5 in one call of the hash: a decision takes nine ids, and the package's own takes four times as long. */
const uuid5 = (kind: string, name: string): string => {
  const most = SPACE_BYTES + name.length * MOST_BYTES_PER_UNIT;
  const bytes = most <= SCRATCH_BYTES ? scratch : Buffer.allocUnsafe(most);
  bytes.set(spaceOf(kind));
  const end = SPACE_BYTES + bytes.write(name, SPACE_BYTES, 'utf8');
  const hex = hash('sha1', bytes.subarray(0, end), 'hex');
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

export const uuidIds: IdPort = { uuid5, sha256: (text) => hash('sha256', text, 'hex') };

export const randomId = (): string => randomUUID();
