import { printable } from './printable.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A stranger's text inside an element or a quoted attribute: nothing of it is markup, nothing turns the reading direction. */
export const escaped = (text: string): string =>
  printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);

/** An element with text inside. */
export const element = (tag: string, text: string, className?: string): string =>
  `<${tag}${className === undefined ? '' : ` class="${className}"`}>${escaped(text)}</${tag}>`;
