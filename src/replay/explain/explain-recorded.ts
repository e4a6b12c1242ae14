import { type ActorProfile, RECENT_WINDOW_MS } from '../../domain/actor-state.ts';
import { contextFactsOf } from '../../domain/context/context-facts.ts';
import { foldContext } from '../../domain/context/tenant-context.ts';
import { foldEntries } from '../../domain/decision/evolve.ts';
import { plan } from '../../domain/decision/plan.ts';
import type { ContextFacts, PlanInput } from '../../domain/decision/planned.ts';
import { traceOf } from '../../domain/decision/trace.ts';
import type { Reader } from '../../domain/explain/change-words.ts';
import { explain, type Explanation } from '../../domain/explain/explain.ts';
import { type IdPort, producedSignalIdOf } from '../../domain/ids.ts';
import type { ConditionDissector } from '../../domain/playbook/condition-dissector.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import type { TenantRules } from '../../domain/rules.ts';
import { firstZone } from '../../domain/time/zones.ts';
import { MmmError } from '../../errors.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import { SIGNAL_SOURCES } from '../../pipeline/ports/normaliser.ts';
import { type DecisionRead, type FoundLine, type RecordedHistory, signalOf } from '../recorded-history.ts';
import { type RulesDocuments, rulesInForce, rulesNamed } from '../rules-in-force.ts';

/** The journal keeps this much more than a state can see, because decided_at may be ahead of occurred_at. */
const FOLD_WINDOW_MS = RECENT_WINDOW_MS + 24 * 3_600_000;
/** purge-journal.sql. */
const JOURNAL_KEPT_MS = FOLD_WINDOW_MS;

export interface ExplainDeps {
  readonly history: RecordedHistory;
  readonly conditions: ConditionDissector;
  readonly ids: IdPort;
  /** Null: a policy that can not be read, so nothing was permitted. */
  readonly compile: (documents: RulesDocuments) => TenantRules | null;
  /** For what recorded none. */
  readonly noContext: ContextFacts;
  readonly nowMs: number;
}

export interface RecordedExplanation {
  readonly signalId: string;
  readonly decisionId: string | null;
  readonly signal: MmmSignalInput;
  readonly decidedAtMs: number;
  readonly reader: Reader;
  readonly explanation: Explanation;
  /** Planning again gave what is recorded: for a decision the very trace, else the result. */
  readonly reproduced: boolean;
  /** What could not be had as it was, each in a sentence. */
  readonly notes: readonly string[];
}

/**
 * Explains a recorded signal, decided or not, as of its own moment: the state below its version, the rules and the profile that it read, as far as they
 * are kept. What had to be taken from today is said. Throws RESOURCE_NOT_FOUND.
 */
export const explainRecorded = async (
  deps: ExplainDeps,
  tenantId: string,
  id: string,
): Promise<RecordedExplanation> => {
  const line = (await deps.history.find(tenantId, id)) ?? (await ofProducer(deps, tenantId, id));
  const signal = signalOf(line);
  if (signal === null) {
    throw new MmmError(
      'RESOURCE_NOT_FOUND',
      `the signal ${line.entry.signalId} was stored by a release that kept no text of it`,
    );
  }
  const notes: string[] = [];
  const input = await inputOf(deps, tenantId, line, signal, notes);
  const zone = firstZone(input.state.profile?.timeZone ?? null, input.rules?.policy.timeZone ?? null);
  const reproduced = isReproduced(input, line);
  if (!reproduced) {
    notes.push(
      line.trace === null
        ? `planning again gives another result than the recorded one (${line.entry.result})`
        : "planning again does not give the recorded decision: what follows is what today's program makes of it",
    );
  }
  return {
    signalId: line.entry.signalId,
    decisionId: line.entry.decisionId,
    signal,
    decidedAtMs: input.decidedAtMs,
    reader: { zone, nowMs: input.decidedAtMs },
    explanation: explain(input, deps.conditions),
    reproduced,
    notes,
  };
};

/** By the id that whoever published the signal has given it: unlike ours it does not tell signals of two sources apart. */
const ofProducer = async ({ history, ids }: ExplainDeps, tenantId: string, producerId: string): Promise<FoundLine> => {
  const found: FoundLine[] = [];
  for (const source of SIGNAL_SOURCES) {
    const line = await history.find(tenantId, producedSignalIdOf(ids, source, tenantId, producerId));
    if (line !== null) found.push(line);
  }
  const [line, ...others] = found;
  if (line === undefined) {
    throw new MmmError(
      'RESOURCE_NOT_FOUND',
      `no signal, decision or action of tenant ${tenantId} has the id ${producerId}; the journal keeps 30 days, and "mmm dlq list" shows what was refused`,
    );
  }
  if (others.length > 0) {
    const named = found.map(({ entry }) => entry.signalId).join(', ');
    throw new MmmError('VALIDATION_ERROR', `id: several sources have a signal ${producerId}; ask for one of ${named}`);
  }
  return line;
};

const inputOf = async (
  deps: ExplainDeps,
  tenantId: string,
  line: FoundLine,
  signal: MmmSignalInput,
  notes: string[],
): Promise<PlanInput> => {
  const { history } = deps;
  const { decidedAtMs, version } = line.entry;
  const read = line.read === null ? null : (JSON.parse(line.read) as DecisionRead);
  const entries = await history.entriesBefore(tenantId, line.actorId, version, decidedAtMs - FOLD_WINDOW_MS);
  if (await mayBeCutOff(deps, tenantId, line)) {
    notes.push('older entries of the journal may be deleted by now: what looks further back may see less than it did');
  }
  const rules = await rulesOf(deps, tenantId, read, decidedAtMs, notes);
  const { profile, context } =
    read === null
      ? await notRead(deps, tenantId, line, { signal, rules }, notes)
      : { profile: read.profile, context: read.context ?? deps.noContext };
  return {
    signal,
    state: foldEntries(profile, entries),
    rules,
    context,
    decidedAtMs,
    ids: deps.ids,
    ...(read?.originals === undefined ? {} : { originals: new Map(Object.entries(read.originals)) }),
    ...(read?.original_contexts === undefined
      ? {}
      : { originalContexts: new Map(Object.entries(read.original_contexts)) }),
  };
};

/** A process uses a context for up to this long: within it nobody can say which one it had. */
const CONTEXT_FRESH_MS = 30_000;

/** Without a decision nothing of what was read is kept beside the signal: profile and context of its time, as far as the store has them otherwise. */
const notRead = async (
  { history, noContext }: ExplainDeps,
  tenantId: string,
  { actorId, entry: { decidedAtMs } }: FoundLine,
  { signal, rules }: { readonly signal: MmmSignalInput; readonly rules: TenantRules | null },
  notes: string[],
): Promise<Pick<PlanInput, 'context'> & { readonly profile: ActorProfile | null }> => {
  const { profile, recorded } = await history.profileAt(tenantId, actorId, decidedAtMs);
  if (!recorded) {
    notes.push(
      'the profile has changed since, and no decision of that time kept it: roles and preferences are those of today',
    );
  }
  const events = await history.contextAt(tenantId, decidedAtMs);
  if (events.some((one) => one.decidedAtMs > decidedAtMs - CONTEXT_FRESH_MS)) {
    notes.push('an incident or a release was told within half a minute before it: it may not have been known yet');
  }
  const minSeverity = rules?.policy.incidentMinSeverity;
  const context =
    minSeverity === undefined ? noContext : contextFactsOf(foldContext(events), signal, minSeverity, decidedAtMs);
  return { profile, context };
};

/**
 * Whether a purge may have taken something that the decision could see. Versions are not without gaps (a change of the profile is one too), so it is
 * asked whether anything older is still there.
 */
const mayBeCutOff = async (
  { history, nowMs }: ExplainDeps,
  tenantId: string,
  { actorId, entry }: FoundLine,
): Promise<boolean> => {
  if (entry.decidedAtMs - RECENT_WINDOW_MS >= nowMs - JOURNAL_KEPT_MS) return false;
  const [oldest] = await history.entriesBefore(tenantId, actorId, entry.version, 0);
  if (oldest === undefined) return entry.version > 1;
  return oldest.version > 1 && oldest.decidedAtMs > entry.decidedAtMs - RECENT_WINDOW_MS;
};

const rulesOf = async (
  deps: ExplainDeps,
  tenantId: string,
  read: DecisionRead | null,
  decidedAtMs: number,
  notes: string[],
): Promise<TenantRules | null> => {
  const history = await deps.history.rules(tenantId);
  if (read !== null) {
    const named = rulesNamed(history, tenantId, read);
    const rules = named === null ? null : deps.compile(named);
    if (rules?.snapshotHash === read.snapshot_hash) return rules;
    notes.push('the rules that the decision read are not stored as they were: those of its time by the dates are used');
  }
  const found = rulesInForce(history, decidedAtMs);
  if (found === null) return null;
  if (!found.certain) notes.push('the rules changed within a minute before it: it may have read the ones before');
  return deps.compile(found.documents);
};

const isReproduced = (input: PlanInput, { entry, trace }: FoundLine): boolean => {
  const made = plan(input);
  return trace === null ? made.result === entry.result : canonicalJson(traceOf(made)) === trace;
};
