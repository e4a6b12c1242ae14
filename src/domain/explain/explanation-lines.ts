import type { SeenTerm } from './condition-changes.ts';
import { changeWords, type Reader } from './change-words.ts';
import type { ExplainedAction, ExplainedPlaybook, Explanation } from './explain.ts';
import { momentWords } from './moment-words.ts';
import { isSaid } from './outcome.ts';
import { vetoWords } from './veto-words.ts';

const gateName = (gate: string): string => gate.replaceAll('_', ' ');

const ENDS: Readonly<Record<string, string>> = {
  delivered: 'reached you',
  deferred: 'kept for later',
  digested: 'in a digest',
  superseded: 'overtaken by something newer',
  expired: 'expired',
  suppressed: 'held back',
};

const termWords = ({ term, held, value }: SeenTerm): string => {
  const answer = held === undefined ? 'could not be evaluated' : held === true ? 'met' : 'not met';
  return `"${term.text}": ${answer}${value === undefined ? '' : ` (it was ${String(value)})`}`;
};

/** What would have been enough, or that nothing single would. */
export const enoughWords = ({ disposition, change }: ExplainedAction, reader: Reader): string | null => {
  if (disposition !== null && isSaid(disposition)) return null;
  if (change === null) return 'no single change would have been enough';
  return `enough: ${changeWords(change, reader)}`;
};

const endWords = ({ disposition, untilMs }: ExplainedAction, { zone, nowMs }: Reader): string => {
  if (disposition === null) return 'not looked at';
  const until = untilMs === null ? '' : `, until ${momentWords(untilMs, zone, nowMs)}`;
  return `${ENDS[disposition] ?? disposition}${until}`;
};

/** One action: how it ended, each gate that said no with its reason, what the condition saw, and what would have been enough. */
export const actionLines = (action: ExplainedAction, reader: Reader): string[] => {
  const { verdicts, firstVeto } = action;
  const vetoes = verdicts.flatMap((verdict) => (verdict.pass ? [] : [verdict]));
  const passed = verdicts.flatMap((verdict) => (verdict.pass ? [gateName(verdict.gate)] : []));
  const asked = action.disposition === null;
  const before =
    firstVeto !== null && !vetoes.some(({ gate }) => gate === firstVeto.gate)
      ? [`${gateName(firstVeto.gate)}: ${vetoWords(firstVeto, reader)}`]
      : [];
  const enough = enoughWords(action, reader);
  return [
    `${action.type}: ${endWords(action, reader)}`,
    ...[
      ...before,
      ...vetoes.flatMap((veto) => [
        `${gateName(veto.gate)}${asked ? ', had it fitted' : ''}: ${vetoWords(veto, reader)}`,
        ...(veto.gate === 'condition' ? action.terms.map((seen) => `  ${termWords(seen)}`) : []),
      ]),
      ...(passed.length === 0 ? [] : [`passed${asked ? ', had it fitted' : ''}: ${passed.join(', ')}`]),
      ...(enough === null ? [] : [enough]),
    ].map((line) => `  ${line}`),
  ];
};

export const playbookLines = (playbook: ExplainedPlaybook, reader: Reader): string[] => [
  `${playbook.name} (${playbook.playbookId}, version ${playbook.version})`,
  ...(playbook.actions.length === 0 ? ['  not asked: this was a second look at what others had put off'] : []),
  ...playbook.actions.flatMap((action) => actionLines(action, reader).map((line) => `  ${line}`)),
];

/** Every playbook, those that looked at the event first. */
export const explanationLines = ({ playbooks }: Explanation, reader: Reader): string[] =>
  [...playbooks.filter(({ matched }) => matched), ...playbooks.filter(({ matched }) => !matched)].flatMap(
    (playbook) => [...playbookLines(playbook, reader), ''],
  );
