import type { MmmCallToAction } from '../../generated/records.ts';
import type { RuleEnvironment } from '../playbook/condition.ts';
import type { CompiledAction, Playbook } from '../playbook/model.ts';
import type { Template } from '../playbook/template.ts';

/** What is said, before a surface shortens or escapes it: the same for all of them. Plain text. */
export interface CoreContent {
  readonly title: string;
  readonly body: string;
  /** In a sentence, tied to what was seen. */
  readonly whyRelevant: string;
  /** One line for the header, `<playbook>/<version>: <why>`. */
  readonly reason: string;
  /** Multipliers only. */
  readonly cta: MmmCallToAction | null;
  /** Said below the body where the surface has room: advice never comes without its reason. */
  readonly showWhy: boolean;
}

export type CoreResult =
  | { readonly ok: true; readonly content: CoreContent }
  | { readonly ok: false; readonly code: 'template_value_missing' | 'text_missing'; readonly missing: string };

/** Title and body as one action type says them. */
export interface SaidText {
  readonly ok: true;
  readonly title: string;
  readonly body: string;
  readonly cta: MmmCallToAction | null;
}
export type SaidResult = SaidText | Extract<CoreResult, { ok: false }>;

/** How one action type says it. */
export type Speaker = (playbook: Playbook, compiled: CompiledAction, environment: RuleEnvironment) => SaidResult;

/** A rendered template, or why there is no text. A template that is absent or renders to nothing is missing, never blank (D-40). */
export const renderPart = (
  template: Template | null,
  part: string,
  environment: RuleEnvironment,
): { readonly ok: true; readonly text: string } | Extract<CoreResult, { ok: false }> => {
  if (template === null) return { ok: false, code: 'text_missing', missing: part };
  const rendered = template.render(environment);
  if (!rendered.ok) return { ok: false, code: 'template_value_missing', missing: rendered.missing };
  const text = rendered.text.trim();
  return text === '' ? { ok: false, code: 'text_missing', missing: part } : { ok: true, text };
};

/** Title and body from their templates, as they are. */
export const renderTemplates = (compiled: CompiledAction, environment: RuleEnvironment): SaidResult => {
  const title = renderPart(compiled.title, 'title', environment);
  if (!title.ok) return title;
  const body = renderPart(compiled.body, 'body', environment);
  return body.ok ? { ok: true, title: title.text, body: body.text, cta: null } : body;
};
