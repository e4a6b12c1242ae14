import { createHash, randomUUID } from 'node:crypto';
import { v5 as uuid5 } from 'uuid';
import type { IdPort } from '../../domain/ids.ts';

const spaces = new Map<string, string>();

/** Name space of a kind: uuid5(URL, `urn:mmm-engine:<kind>`) (interface 3). */
const spaceOf = (kind: string): string => {
  const held = spaces.get(kind);
  if (held !== undefined) return held;
  const made = uuid5(`urn:mmm-engine:${kind}`, uuid5.URL);
  spaces.set(kind, made);
  return made;
};

export const uuidIds: IdPort = {
  uuid5: (kind, name) => uuid5(name, spaceOf(kind)),
  sha256: (text) => createHash('sha256').update(text, 'utf8').digest('hex'),
};

export const randomId = (): string => randomUUID();
