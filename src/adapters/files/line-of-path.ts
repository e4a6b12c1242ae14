import { type Document, isMap, isScalar, isSeq, type LineCounter } from 'yaml';

const SEGMENT = /([^.[\]]+)|\[(\d+)\]/g;

/**
 * Where `actions[0].template.title` stands in the text, as a line from 1: the line of its key. What is not there (a field that is missing) stands where
 * its parent does. Null for the document itself and for a place that is no path (`line 3, column 1`).
 */
export const lineOfPath = (document: Document.Parsed, lines: LineCounter, path: string): number | null => {
  let node: unknown = document.contents;
  let offset: number | null = null;
  for (const [, name, index] of path.matchAll(SEGMENT)) {
    if (index !== undefined && isSeq(node)) {
      const item: unknown = node.items[Number(index)];
      if (item === undefined) break;
      node = item;
      offset = startOf(item) ?? offset;
      continue;
    }
    if (!isMap(node)) break;
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
    if (pair === undefined) break;
    offset = startOf(pair.key) ?? offset;
    node = pair.value;
  }
  return offset === null ? null : lines.linePos(offset).line;
};

const startOf = (node: unknown): number | null => {
  const range: unknown = typeof node === 'object' && node !== null && 'range' in node ? node.range : null;
  const start: unknown = Array.isArray(range) ? range[0] : null;
  return typeof start === 'number' ? start : null;
};
