import type { TenantRules } from '../domain/rules.ts';
import type { DecisionRead, RecordedLine, RulesHistory } from './recorded-history.ts';
import { type RulesDocuments, rulesInForce, rulesNamed } from './rules-in-force.ts';

type Compile = (documents: RulesDocuments) => TenantRules | null;

/** Rules of a tenant by moment, each set compiled once. */
export class RecordedRules {
  readonly #tenantId: string;
  readonly #history: RulesHistory;
  readonly #compile: Compile;
  readonly #compiled = new Map<string, TenantRules | null>();

  constructor(tenantId: string, history: RulesHistory, compile: Compile) {
    this.#tenantId = tenantId;
    this.#history = history;
    this.#compile = compile;
  }

  /** Null: the tenant is not there, or its policy can not be used. */
  at(ms: number): TenantRules | null {
    const found = rulesInForce(this.#history, ms);
    return found === null ? null : this.#of(found.documents);
  }

  /** Those that its decision named, else those of its time by the dates. */
  then(line: RecordedLine): TenantRules | null {
    if (line.read !== null) {
      const named = rulesNamed(this.#history, this.#tenantId, JSON.parse(line.read) as DecisionRead);
      if (named !== null) return this.#of(named);
    }
    return this.at(line.entry.decidedAtMs);
  }

  #of(documents: RulesDocuments): TenantRules | null {
    const key = JSON.stringify([
      documents.policyVersion,
      documents.playbooks.map(({ playbookId, version, mode, onProbation }) => [playbookId, version, mode, onProbation]),
      documents.running,
    ]);
    const held = this.#compiled.get(key);
    if (held !== undefined) return held;
    const made = this.#compile(documents);
    this.#compiled.set(key, made);
    return made;
  }
}
