import { lintText } from '../../action/text-lint.ts';
import type { ActionType } from '../../vocabulary.ts';
import type { Verdict } from '../planned.ts';
import { flipWhen, type Gate, pass, veto } from './gate.ts';

/**
 * May a person read this text? Looks at the text as rendered, because a value can bring in what the template did not say.
 * A value that is missing suppresses the action: never a blank or a placeholder for the reader (D-40).
 */
export const safety: Gate = ({ core, compiled }) => {
  const rendered = core();
  if (!rendered.ok) return veto('safety', rendered.code, { missing: rendered.missing });
  const { title, body, whyRelevant } = rendered.content;
  const { type } = compiled.action;
  return (
    refused(type, 'title', title) ??
    refused(type, 'body', body) ??
    refused(type, 'why_relevant', whyRelevant) ??
    pass('safety')
  );
};

const refused = (type: ActionType, part: string, text: string): Verdict | null => {
  const fault = lintText(type, text)[0];
  return fault === undefined
    ? null
    : veto(
        'safety',
        'text_refused',
        { part, rule: fault.rule, words: fault.words },
        flipWhen('a text that passes the lint'),
      );
};
