import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Written by tools/record-release.ts: the digest of each migration of each release. */
const FILE = fileURLToPath(new URL('../../migrations/released.json', import.meta.url));

export interface Release {
  readonly version: string;
  /** Digest by file name. */
  readonly migrations: ReadonlyMap<string, string>;
}

/** Oldest first; what a release holds, the later ones hold too. */
export const releases = (): readonly Release[] => {
  const file = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Record<string, string>>;
  const all = new Map<string, string>();
  return Object.entries(file).map(([version, added]) => {
    for (const [name, digest] of Object.entries(added)) all.set(name, digest);
    return { version, migrations: new Map(all) };
  });
};

export const lastRelease = (): Release => {
  const last = releases().at(-1);
  if (last === undefined) throw new Error(`${FILE} names no release`);
  return last;
};
