import { createHmac, createSecretKey, randomBytes } from 'node:crypto';

/**
 * A receipt key and the reference it gives: HMAC-SHA256 of the actor id under the actor's own random key (design 3.8). As a key object: given the
 * bytes, Node took ten times as long (50 us).
 */
export const newActorRef = (actorId: string): { readonly key: Uint8Array; readonly ref: string } => {
  const key = randomBytes(32);
  return { key, ref: createHmac('sha256', createSecretKey(key)).update(actorId).digest('hex') };
};
