import { createHash } from 'node:crypto';
import { isObject } from './json-value.ts';
import type { Output } from './outputs.ts';
import type { SchemaFile } from './schema-files.ts';

/** Path, relative to the project, of the list of what was released. */
export const LOCK_PATH = 'schemas/released.json';

/** What is known of a released version. `localId` (Avro only) is what the embedded default writes on the wire: never reused. */
export type ReleasedVersion = { readonly digest: string; readonly localId: number | null };
export type ReleaseLock = ReadonlyMap<string, ReleasedVersion>;

/** @throws Error when the text is not a lock as written by `lockOutput`. */
export function parseLock(text: string): ReleaseLock {
  const file: unknown = JSON.parse(text);
  if (!isObject(file)) throw new Error(`${LOCK_PATH}: not an object`);
  const lock = new Map<string, ReleasedVersion>();
  for (const [path, entry] of Object.entries(file)) {
    const digest = isObject(entry) ? entry['digest'] : undefined;
    const localId = isObject(entry) ? (entry['local_id'] ?? null) : undefined;
    if (typeof digest !== 'string' || (localId !== null && typeof localId !== 'number')) {
      throw new Error(`${LOCK_PATH}: ${path} needs a digest, and a local_id if it is Avro`);
    }
    lock.set(path, { digest, localId });
  }
  return lock;
}

/**
 * What was released and is no longer the same: records written with it are still in topics, and a registry still
 * holds its text, so a version is never edited, only followed.
 */
export function lockFaults(files: readonly SchemaFile[], lock: ReleaseLock): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const faults: string[] = [];
  for (const [path, released] of lock) {
    const file = byPath.get(path);
    if (file === undefined) {
      faults.push(`${path} was released and is gone; put it back`);
    } else if (digestOf(file) !== released.digest) {
      faults.push(`${path} was released and has been edited; put it back and make the change in v${file.version + 1}`);
    }
  }
  return faults;
}

/** The lock with every new version added: a digest, and for Avro the next free local id. */
export function extendLock(files: readonly SchemaFile[], lock: ReleaseLock): ReleaseLock {
  const next = new Map(lock);
  let highest = Math.max(0, ...[...lock.values()].map((entry) => entry.localId ?? 0));
  for (const file of files) {
    if (next.has(file.path)) continue;
    next.set(file.path, { digest: digestOf(file), localId: file.kind === 'avro' ? (highest += 1) : null });
  }
  return next;
}

export function lockOutput(lock: ReleaseLock): Output {
  const rows = [...lock].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, entry]) => [path, rowOf(entry)]);
  return { path: LOCK_PATH, text: JSON.stringify(Object.fromEntries(rows), null, 2) };
}

function rowOf(entry: ReleasedVersion): Readonly<Record<string, string | number>> {
  return entry.localId === null ? { digest: entry.digest } : { digest: entry.digest, local_id: entry.localId };
}

function digestOf(file: SchemaFile): string {
  // Over the parsed value: the formatter may move white space, nothing else may change.
  return `sha256:${createHash('sha256').update(JSON.stringify(file.schema)).digest('hex')}`;
}
