import type { ChangedFile, Commit } from '../../replay/try/history.ts';

/**
 * What `git log -z` prints for a commit: these fields, each ended by NUL, then its files as `--numstat -z` writes them. NUL is the one byte that no
 * name, message or path can hold, so none of them can be taken for the start of another commit.
 */
export const LOG_FORMAT = '%H%x00%P%x00%aN%x00%aE%x00%aI%x00%ct%x00%s%x00';
const FIELDS = 7;

/** Kept of one field or path. Longer ones (a subject line of 10 MB is legal) are cut here, before they cost memory. */
const TOKEN_BYTES = 65_536;

/** What JavaScript can name: later (or earlier) seconds are held at the bounds. */
const LAST_SECOND = 253_402_300_799;

/** Farthest offset of an inhabited place; git passes on any number that a broken clock wrote. */
const MAX_ZONE_HOURS = 14;

/** Cuts the output of `git log` into commits. One walk, one parser. */
export class LogParser {
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #fields: string[] = [];
  #files: ChangedFile[] = [];

  /** The commits that are complete with this piece. */
  push(chunk: Buffer): Commit[] {
    const done: Commit[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(0, start);
      if (end < 0) break;
      this.#token(this.#textUpTo(chunk.subarray(start, end)), done);
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return done;
  }

  /** The last commit, once the output has ended. */
  end(): Commit[] {
    return this.#fields.length === FIELDS ? [this.#take()] : [];
  }

  #keep(bytes: Buffer): void {
    const room = TOKEN_BYTES - this.#keptBytes;
    if (room <= 0 || bytes.length === 0) return;
    // A copy: the chunk it lies in may be large and would be held with it.
    this.#kept.push(Buffer.from(bytes.subarray(0, room)));
    this.#keptBytes += Math.min(room, bytes.length);
  }

  /** Bytes that are not UTF-8 become U+FFFD: names and paths are shown and counted, never opened. */
  #textUpTo(bytes: Buffer): string {
    if (this.#keptBytes === 0) return bytes.toString('utf8', 0, Math.min(bytes.length, TOKEN_BYTES));
    this.#keep(bytes);
    const text = Buffer.concat(this.#kept).toString('utf8');
    this.#kept = [];
    this.#keptBytes = 0;
    return text;
  }

  #token(text: string, done: Commit[]): void {
    if (this.#fields.length < FIELDS) {
      this.#fields.push(text);
      return;
    }
    const entry = text.startsWith('\n') ? text.slice(1) : text;
    if (entry === '') return;
    const file = fileOf(entry);
    if (file !== null) {
      this.#files.push(file);
      return;
    }
    done.push(this.#take());
    this.#fields.push(entry);
  }

  #take(): Commit {
    const [id = '', parents = '', name = '', email = '', authorDate = '', seconds = '', subject = ''] = this.#fields;
    const files = this.#files;
    this.#fields = [];
    this.#files = [];
    return {
      id,
      parents: parents === '' ? [] : parents.split(' '),
      authorName: name,
      authorEmail: email,
      zone: zoneOf(authorDate),
      committedAtMs: Math.min(Math.max(0, Number(seconds) || 0), LAST_SECOND) * 1000,
      subject,
      files,
    };
  }
}

/** `+05:30` of an ISO date; UTC where git writes Z, or something that is no zone on this earth. */
const zoneOf = (date: string): string => {
  const match = /([+-])(\d{2}):([0-5]\d)$/.exec(date);
  return match === null || Number(match[2]) > MAX_ZONE_HOURS ? '+00:00' : match[0];
};

const lines = (text: string): number => (text === '-' ? 0 : Number(text));

/** `12<TAB>3<TAB>path`, `-` for binary files; null for the id of the next commit, which has no TAB. */
const fileOf = (entry: string): ChangedFile | null => {
  const first = entry.indexOf('\t');
  if (first < 0) return null;
  const second = entry.indexOf('\t', first + 1);
  return {
    path: entry.slice(second + 1),
    insertions: lines(entry.slice(0, first)),
    deletions: lines(entry.slice(first + 1, second)),
  };
};
