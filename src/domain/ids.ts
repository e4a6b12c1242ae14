/** Ids and keys of interface 3. Pure: the hash functions come in as ports. */

export interface ActorKey {
  readonly tenantId: string;
  /** '' for signals of the tenant that name no actor (context only). */
  readonly actorId: string;
}

/** What the domain needs from outside: hashing only, no clock and no randomness. */
export interface IdPort {
  /** UUIDv5 of `name` in the name space of `kind` = uuid5(URL, `urn:mmm-engine:<kind>`). */
  readonly uuid5: (kind: string, name: string) => string;
  /** Lower-case hex SHA-256 of the UTF-8 text. */
  readonly sha256: (text: string) => string;
}

export type IdPart = string | number | null;

/** The name of an id is the compact JSON array of its parts, so that no two lists of parts collide. */
export const idFrom = (port: IdPort, kind: string, parts: readonly IdPart[]): string =>
  port.uuid5(kind, JSON.stringify(parts));

const RESERVED = /[%|{}]/g;
const percent = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** One part of a topic or Redis key: the separators `%`, `|`, `{`, `}` are percent-encoded, so a key can be taken apart without doubt (G7). */
export const encodeKeyPart = (part: string): string => part.replace(RESERVED, percent);

export const actorKeyText = (key: ActorKey): string => `${encodeKeyPart(key.tenantId)}|${encodeKeyPart(key.actorId)}`;

/**
 * Ids of design and interface 3, from the signal down to the receipt: the same signal gives the same ids for ever. This one is of a signal that its
 * producer has given an id: by HTTP and by topic it is one.
 */
export const producedSignalIdOf = (port: IdPort, source: string, tenantId: string, producerId: string): string =>
  idFrom(port, 'signal', [source, tenantId, producerId]);
export const decisionIdOf = (port: IdPort, signalId: string): string => idFrom(port, 'decision', [signalId]);
export const actionIdOf = (
  port: IdPort,
  decisionId: string,
  playbookId: string,
  version: number,
  index: number,
): string => idFrom(port, 'action', [decisionId, playbookId, version, index]);
/** Of a candidate that goes on from a deferred one: several of one playbook may be decided again together. */
export const continuedActionIdOf = (
  port: IdPort,
  decisionId: string,
  place: { readonly playbookId: string; readonly version: number; readonly index: number },
  continues: string,
): string => idFrom(port, 'action', [decisionId, place.playbookId, place.version, place.index, continues]);
/** A re-entry: the same deferral gives the same signal, however often it is handed out. */
export const reentrySignalIdOf = (
  port: IdPort,
  kind: string,
  decisionId: string,
  actionId: string,
  attempt: number,
): string => idFrom(port, 'signal', [kind, decisionId, actionId, attempt]);
export const deliveryIdOf = (port: IdPort, actionId: string, surface: string): string =>
  idFrom(port, 'delivery', [actionId, surface]);
export const receiptIdOf = (port: IdPort, attests: string, what: string): string =>
  idFrom(port, 'receipt', [what, attests]);
export const eventIdOf = (port: IdPort, topic: string, id: string): string => idFrom(port, 'event', [topic, id]);
export const cardIdOf = (
  port: IdPort,
  key: ActorKey,
  playbookId: string,
  subjectKey: string,
  surface: string,
): string => idFrom(port, 'card', [key.tenantId, key.actorId, playbookId, subjectKey, surface]);

/**
 * Where a card is, for its id. With the action's type: a Mirror and a Mentor of one playbook on one surface would else be one card, and the second
 * hide the first. With its life from the second on: a card that was folded or expired and opens again counts its revisions from 1 again.
 */
export const cardPlaceText = (
  { surface, life }: { readonly surface: string; readonly life: number },
  actionType: string,
): string => (life === 1 ? `${surface}/${actionType}` : `${surface}/${actionType}/${life}`);
