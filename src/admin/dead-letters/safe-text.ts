// What a terminal obeys or hides: control characters, zero-width and bidirectional controls, lone surrogates. A letter is a stranger's bytes.
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const escaped = (character: string): string =>
  NAMED[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** One line, every character that could act written out. */
export const safeText = (text: string): string => text.replace(UNSAFE, escaped);

/** For columns: at most `width` characters. */
export const clipped = (text: string, width: number): string => {
  const characters = [...safeText(text)];
  return characters.length <= width
    ? characters.join('')
    : `${characters.slice(0, Math.max(1, width - 1)).join('')}\u2026`;
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Null: these bytes are no text. */
export const textIn = (bytes: Uint8Array): string | null => {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
};

const HEX_ROW_BYTES = 16;

/** `00000010  7b 22 61 ..  {"a..` : what is printable ASCII, and a dot for everything else. */
export const hexLines = (bytes: Uint8Array): string[] => {
  const lines: string[] = [];
  for (let from = 0; from < bytes.length; from += HEX_ROW_BYTES) {
    const row = bytes.subarray(from, from + HEX_ROW_BYTES);
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = [...row].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${from.toString(16).padStart(8, '0')}  ${hex.padEnd(HEX_ROW_BYTES * 3 - 1)}  ${text}`);
  }
  return lines;
};

/** At most `limit` bytes for a reader: text line by line if it is text, else hex. A character that the limit cuts is left out. */
export const payloadLines = (bytes: Uint8Array, limit: number): string[] => {
  const shown = bytes.subarray(0, limit);
  const text = textIn(bytes) === null ? null : new TextDecoder().decode(shown).replace(/\ufffd+$/, '');
  const lines = text === null ? hexLines(shown) : text.split('\n').map(safeText);
  const left = bytes.length - shown.length;
  return left <= 0 ? lines : [...lines, `... ${left} more bytes (--bytes ${bytes.length} shows all)`];
};
