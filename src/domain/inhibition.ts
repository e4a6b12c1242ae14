import type { Condition, ConditionCompiler } from './playbook/condition.ts';
import { FieldReader } from './playbook/field-reader.ts';
import { finding, type Finding } from './playbook/finding.ts';

/** A tenant's named rule that mutes playbooks while its condition holds (interface 5a). */
export interface InhibitionRule {
  readonly name: string;
  /** CEL, over the same environment as a playbook's `when`. */
  readonly when: string;
  /** Playbook ids and tiers. A word that is both mutes both. */
  readonly mutes: readonly string[];
}

export interface CompiledInhibition {
  readonly rule: InhibitionRule;
  readonly condition: Condition;
}

export const INHIBITIONS_MAX = 100;
/** It becomes part of a reason code, which receipts and metrics carry: a slug, so that no text of a person gets there. */
const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

const ruleOf = (value: unknown, path: string, findings: Finding[]): InhibitionRule => {
  const fields = new FieldReader(value, path, ['name', 'when', 'mutes'], findings);
  const name = fields.text('name', 64);
  if (name !== '' && !NAME.test(name))
    fields.fault('name', 'is not a slug', 'use lower-case letters, digits and single dashes');
  if (!fields.has('mutes')) fields.fault('mutes', 'is missing', 'name the playbooks or tiers that it mutes');
  return { name, when: fields.text('when', 2_048), mutes: fields.textList('mutes', 64, false) ?? [] };
};

/** `inhibitions` of a policy. Absent or empty: none. */
export const parseInhibitions = (root: FieldReader): readonly InhibitionRule[] => {
  const list = root.raw('inhibitions');
  if (list === undefined || (Array.isArray(list) && list.length === 0)) return [];
  const rules = root.items('inhibitions', INHIBITIONS_MAX).map((item) => ruleOf(item.value, item.path, root.findings));
  rules.forEach(({ name }, at) => {
    if (rules.findIndex((other) => other.name === name) < at)
      root.fault(`inhibitions[${at}].name`, `${name} is there twice`, 'give each inhibition a name of its own');
  });
  return rules;
};

/** Compiles each condition once, with the compiler of the playbooks: the same environment, linear `matches`, the same limit of cost. */
export const compileInhibitions = (
  rules: readonly InhibitionRule[],
  conditions: ConditionCompiler,
): { readonly compiled: readonly CompiledInhibition[]; readonly findings: readonly Finding[] } => {
  const compiled: CompiledInhibition[] = [];
  const findings: Finding[] = [];
  rules.forEach((rule, at) => {
    const result = conditions.compile(rule.when);
    if (result.ok) compiled.push({ rule, condition: result.condition });
    else
      findings.push(
        finding(
          `inhibitions[${at}].when`,
          `is not a valid condition: ${result.error.message}`,
          'mend the CEL expression',
        ),
      );
  });
  return { compiled, findings };
};
