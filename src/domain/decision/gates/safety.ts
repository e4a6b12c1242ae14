import { lintText } from '../../action/text-lint.ts';
import { flipWhen, type Gate, pass, veto } from './gate.ts';

/**
 * May a person read this text? Looks at the text as rendered, because a value can bring in what the template did not say.
 * A value that is missing suppresses the action: never a blank or a placeholder for the reader (D-40).
 */
export const safety: Gate = ({ core, compiled }) => {
  const rendered = core();
  if (!rendered.ok) return veto('safety', rendered.code, { missing: rendered.missing });
  const { title, body, whyRelevant } = rendered.content;
  for (const [part, text] of Object.entries({ title, body, why_relevant: whyRelevant })) {
    const fault = lintText(compiled.action.type, text)[0];
    if (fault !== undefined) {
      return veto(
        'safety',
        'text_refused',
        { part, rule: fault.rule, words: fault.words },
        flipWhen('a text that passes the lint'),
      );
    }
  }
  return pass('safety');
};
