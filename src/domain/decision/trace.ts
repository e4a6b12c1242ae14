import type { JsonValue } from '../receipt/canonical-json.ts';
import type { Assignment } from '../experiment/experiment.ts';
import type { Fact, Plan, Verdict } from './planned.ts';

/** Avro can bring NaN and infinities, canonical JSON has no place for them: the trace of a veto must not fail on the value that caused it. */
const factJson = (fact: Fact): JsonValue => (typeof fact === 'number' && !Number.isFinite(fact) ? String(fact) : fact);

const factsJson = (facts: Readonly<Record<string, Fact>>): JsonValue => {
  const names = Object.keys(facts).sort();
  return Object.fromEntries(names.map((name) => [name, factJson(facts[name] ?? null)]));
};

const verdictJson = (verdict: Verdict): JsonValue =>
  verdict.pass
    ? verdict
    : {
        code: verdict.code,
        facts: factsJson(verdict.facts),
        flip: verdict.flip === null ? null : { at_ms: verdict.flip.atMs, change: verdict.flip.change },
        gate: verdict.gate,
        pass: false,
      };

/** The ratio check counts these (sql/experiment-units.sql). */
const assignmentJson = ({ arm, cluster, experimentId, propensity, unit }: Assignment): JsonValue => ({
  arm,
  cluster,
  experiment: experimentId,
  propensity,
  unit,
});

/**
 * Every candidate with every gate's verdict, in the order they were looked at: what `explain` reads and the receipt holds the digest of. Members are
 * named in canonical order, which spares `canonicalJson` the sorting.
 */
export const traceOf = (plan: Plan): JsonValue => ({
  ...(plan.assignments === undefined ? {} : { assignments: plan.assignments.map(assignmentJson) }),
  candidates: plan.candidates.map((candidate) => ({
    action_id: candidate.actionId,
    action_type: candidate.actionType,
    continues: candidate.continues,
    disposition: candidate.disposition,
    playbook_id: candidate.playbookId,
    playbook_version: candidate.playbookVersion,
    reason_code: candidate.reasonCode,
    tier: candidate.tier,
    until_ms: candidate.untilMs,
    verdicts: candidate.verdicts.map(verdictJson),
  })),
  result: plan.result,
});
