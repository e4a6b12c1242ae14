// Control characters (a terminal obeys them), line and paragraph separators, zero-width and bidirectional controls, lone surrogates.
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]/gu;

/** One line that a terminal or page shows and does not obey: names, paths and messages of a history are a stranger's. */
export const printable = (text: string): string => text.replace(UNPRINTABLE, '?');

/** JSON whose text is safe on a terminal as well. The escapes are part of JSON: who parses it gets the very same values. */
export const printableJson = (value: unknown, indent = 0): string =>
  JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
