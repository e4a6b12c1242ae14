import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import { parseTemplateExpression } from './template-expression.ts';
import type { TemplateExpression } from './template-expression.ts';
import type { Template } from './template.ts';

export type CompiledTemplate =
  { readonly ok: true; readonly template: Template } | { readonly ok: false; readonly findings: readonly Finding[] };

const REMEDY = 'use signal.<field>, signal.payload.<key>, actor.<field>, context.<field> or recent.count("type", "7d")';

/** The text cut at its `{{...}}`; null if a brace pair is open or left over. */
const split = (source: string): readonly (string | { readonly inside: string })[] | null => {
  const parts: (string | { inside: string })[] = [];
  let at = 0;
  for (;;) {
    const open = source.indexOf('{{', at);
    const text = source.slice(at, open < 0 ? undefined : open);
    if (text.includes('}}')) return null;
    parts.push(text);
    if (open < 0) return parts;
    const close = source.indexOf('}}', open + 2);
    if (close < 0) return null;
    parts.push({ inside: source.slice(open + 2, close) });
    at = close + 2;
  }
};

/**
 * Compiles a logic-less template (interface 5) once. Values come out as plain text of at most 200 characters; escaping for a surface is done
 * once over the whole text with `escapeFor`. A variable that does not exist is a finding here; one without a value at run time is `missing`.
 */
export const compileTemplate = (source: string, path: string): CompiledTemplate => {
  const parts = split(source);
  if (parts === null)
    return { ok: false, findings: [finding(path, 'has {{ without }} or the reverse', 'close each {{ with }}')] };
  const findings: Finding[] = [];
  const compiled: (string | TemplateExpression)[] = [];
  for (const part of parts) {
    if (typeof part === 'string') {
      compiled.push(part);
      continue;
    }
    const parsed = parseTemplateExpression(part.inside);
    if (parsed.ok) compiled.push(parsed.expression);
    else findings.push(finding(path, parsed.message, REMEDY));
  }
  if (findings.length > 0) return { ok: false, findings };
  const variables = [...new Set(compiled.flatMap((part) => (typeof part === 'string' ? [] : [part.source])))];
  return {
    ok: true,
    template: {
      source,
      variables,
      render: (environment) => {
        let text = '';
        for (const part of compiled) {
          const piece = typeof part === 'string' ? part : part.value(environment);
          if (piece === null) return { ok: false, missing: typeof part === 'string' ? '' : part.source };
          text += piece;
        }
        return { ok: true, text: text.trim() };
      },
    },
  };
};
