import { compileTemplate } from './compile-template.ts';
import type { Condition, ConditionCompiler } from './condition.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import type { CompiledAction, CompiledPlaybook, Playbook, PlaybookAction } from './model.ts';
import type { Template } from './template.ts';

export type CompileResult =
  | { readonly ok: true; readonly compiled: CompiledPlaybook }
  | { readonly ok: false; readonly findings: readonly Finding[] };

const compileText = (source: string | undefined, path: string, findings: Finding[]): Template | null => {
  if (source === undefined) return null;
  const result = compileTemplate(source, path);
  if (result.ok) return result.template;
  findings.push(...result.findings);
  return null;
};

const compileAction = (action: PlaybookAction, path: string, findings: Finding[]): CompiledAction => ({
  action,
  title: compileText(action.template?.title, `${path}.template.title`, findings),
  body: compileText(action.template?.body, `${path}.template.body`, findings),
  whyRelevant: compileText(action.rationale?.whyRelevant, `${path}.rationale.why_relevant`, findings),
});

/** Compiles condition and templates of a parsed playbook once; every fault is answered, none thrown (D-66). */
export const compilePlaybook = (playbook: Playbook, conditions: ConditionCompiler): CompileResult => {
  const findings: Finding[] = [];
  let condition: Condition | null = null;
  if (playbook.when !== null) {
    const result = conditions.compile(playbook.when);
    if (result.ok) condition = result.condition;
    else findings.push(finding('when', `is not a valid condition: ${result.error.message}`, 'mend the CEL expression'));
  }
  const actions = playbook.actions.map((action, at) => compileAction(action, `actions[${at}]`, findings));
  return findings.length === 0 ? { ok: true, compiled: { playbook, condition, actions } } : { ok: false, findings };
};
