import { comparedPersons, lintText } from '../action/text-lint.ts';
import type { TextRule } from '../action/text-lint.ts';
import { compilePlaybook } from './compile-playbook.ts';
import { compileTemplate } from './compile-template.ts';
import type { ConditionInspector } from './condition.ts';
import { eventTypesOf, nearest } from './event-types.ts';
import type { EventTypes } from './event-types.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import { lintUses } from './lint-uses.ts';
import type { Playbook, PlaybookAction } from './model.ts';

const REMEDIES: Readonly<Record<TextRule, string>> = {
  prescriptive: 'state the fact and leave the conclusion to the reader, or make it a mentor',
  urgency: 'say what happened; the reader knows what is pressing',
  fear: 'say what happened without threat or alarm',
  blame: 'speak of the change, not of the person',
  comparison: 'speak of this work alone; nobody is compared with anybody',
  shouting: 'write it in plain sentences',
};

interface Text {
  readonly path: string;
  readonly text: string;
}

const textsOf = (action: PlaybookAction, path: string): readonly Text[] => [
  ...(action.template === null
    ? []
    : [
        { path: `${path}.template.title`, text: action.template.title },
        { path: `${path}.template.body`, text: action.template.body },
      ]),
  ...(action.rationale === null
    ? []
    : [{ path: `${path}.rationale.why_relevant`, text: action.rationale.whyRelevant }]),
];

const lintAction = (action: PlaybookAction, path: string): readonly Finding[] => {
  const findings: Finding[] = [];
  for (const { path: at, text } of textsOf(action, path)) {
    // The values are the reader's own words; only ours are judged here. The safety gate judges the rendered whole.
    const written = text.replace(/\{\{.*?\}\}/g, '0');
    for (const fault of [...lintText(action.type, written), ...comparedPersons(written)]) {
      findings.push(finding(at, fault.message, REMEDIES[fault.rule]));
    }
  }
  if (action.template === null) {
    findings.push(
      finding(`${path}.template`, 'is missing', 'write the static text used when the model fails or is away'),
    );
  }
  if (action.type === 'mentor' && action.rationale === null) {
    findings.push(
      finding(`${path}.rationale`, 'is missing in a mentor', 'say why it was proposed, tied to evidence (R-28)'),
    );
  }
  if (action.type === 'mentor' && action.rationale?.evidence.length === 0) {
    findings.push(finding(`${path}.rationale.evidence`, 'names no evidence', 'name signal, recent or both (R-31)'));
  }
  if (action.type === 'multiplier' && action.actionRef === null) {
    findings.push(finding(`${path}.action_ref`, 'is missing', 'name what Edge or CI executes after consent'));
  }
  if (action.type === 'multiplier' && action.surfaces.every((surface) => surface === 'alert')) {
    // a notification has no place to agree, so the surface gate would never let it through.
    findings.push(
      finding(`${path}.surfaces`, 'leave no place for consent', 'add ide or ci: that is where a person can agree'),
    );
  }
  return findings;
};

const lintTriggers = (playbook: Playbook, types: EventTypes): readonly Finding[] =>
  playbook.triggers.flatMap((trigger, at) => {
    if (eventTypesOf(trigger.eventType, types).length > 0) return [];
    const near = nearest(trigger.eventType, Object.keys(types));
    const remedy = near === null ? 'see schemas/event-types.yaml, or add your own event type' : `did you mean ${near}?`;
    return [finding(`triggers[${at}].event_type`, `no source sends ${trigger.eventType}`, remedy)];
  });

/** Variables of a template as the lint of paths sees them; a template that does not compile has its own finding. */
const lintTemplates = (playbook: Playbook, types: EventTypes): readonly Finding[] =>
  playbook.actions.flatMap((action, at) =>
    textsOf(action, `actions[${at}]`).flatMap(({ path, text }) => {
      const compiled = compileTemplate(text, path);
      if (!compiled.ok) return [];
      const calls = compiled.template.variables.filter((variable) => variable.startsWith('recent.'));
      const recentTypes = calls.flatMap((call) => {
        const [first = '', second = ''] = [...call.matchAll(/"([^"]*)"/g)].map((found) => found[1] ?? '');
        return [call.startsWith('recent.distinct(') ? second : first];
      });
      const paths = compiled.template.variables.filter((variable) => !variable.startsWith('recent.'));
      return lintUses({ paths, recentTypes, comparisons: [], wanted: [] }, path, playbook, types);
    }),
  );

/**
 * All that can be known to be wrong with a playbook before it is published: what does not compile, event types and payload keys that no source
 * sends, and texts that a receiver would be right to mind. Empty = may be published.
 */
export const lintPlaybook = (
  playbook: Playbook,
  types: EventTypes,
  conditions: ConditionInspector,
): readonly Finding[] => {
  const compiled = compilePlaybook(playbook, conditions);
  const inspected = playbook.when === null ? null : conditions.inspect(playbook.when);
  return [
    ...(compiled.ok ? [] : compiled.findings),
    ...lintTriggers(playbook, types),
    ...(inspected?.ok === true ? lintUses(inspected.uses, 'when', playbook, types) : []),
    ...lintTemplates(playbook, types),
    ...playbook.actions.flatMap((action, at) => lintAction(action, `actions[${at}]`)),
  ];
};
