import type { JsonValue } from '../receipt/canonical-json.ts';
import type { Fact, Plan, Verdict } from './planned.ts';

/** Avro can bring NaN and infinities, canonical JSON has no place for them: the trace of a veto must not fail on the value that caused it. */
const factJson = (fact: Fact): JsonValue => (typeof fact === 'number' && !Number.isFinite(fact) ? String(fact) : fact);

const verdictJson = (verdict: Verdict): JsonValue =>
  verdict.pass
    ? { gate: verdict.gate, pass: true }
    : {
        gate: verdict.gate,
        pass: false,
        code: verdict.code,
        facts: Object.fromEntries(Object.entries(verdict.facts).map(([name, fact]) => [name, factJson(fact)])),
        flip: verdict.flip === null ? null : { at_ms: verdict.flip.atMs, change: verdict.flip.change },
      };

/** Every candidate with every gate's verdict, in the order they were looked at: what `explain` reads and the receipt holds the digest of. */
export const traceOf = (plan: Plan): JsonValue => ({
  result: plan.result,
  candidates: plan.candidates.map((candidate) => ({
    action_id: candidate.actionId,
    playbook_id: candidate.playbookId,
    playbook_version: candidate.playbookVersion,
    action_type: candidate.actionType,
    tier: candidate.tier,
    disposition: candidate.disposition,
    reason_code: candidate.reasonCode,
    until_ms: candidate.untilMs,
    continues: candidate.continues,
    verdicts: candidate.verdicts.map(verdictJson),
  })),
});
