import type { ActorProfile, JournalEntry, SignalEntry } from '../domain/actor-state.ts';
import type { DatedEvent } from '../domain/context/tenant-context.ts';
import type { RunningExperiment } from '../domain/experiment/running.ts';
import type { ContextFacts } from '../domain/decision/planned.ts';
import type { MmmSignalInput } from '../generated/records.ts';

/** A line of the journal with what is needed to plan it again. */
export interface RecordedLine {
  readonly actorId: string;
  readonly entry: JournalEntry;
  /** As stored: null when nothing was recorded (entries of releases before 0005, and entries that are no signals). */
  readonly signal: string | null;
  /** What its decision read, as stored; null without a decision. */
  readonly read: string | null;
}

export interface RecordedPiece {
  readonly lines: readonly RecordedLine[];
  /** Today's profiles of its actors, as far as there are any: what there is for signals that had no decision. */
  readonly profiles: ReadonlyMap<string, ActorProfile>;
  /** So many lines of the journal it took, those outside the stretch included. */
  readonly read: number;
}

export interface FoundLine extends RecordedLine {
  readonly entry: SignalEntry;
  /** The stored gate trace; null without a decision. */
  readonly trace: string | null;
}

export interface Stretch {
  /** By decided_at, ms: from, including; to, excluding. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** The journal as it was written, for planning again: reads only, one tenant at a time. */
export interface RecordedHistory {
  /** By the id of a signal, of its decision or of one of its actions. */
  find(tenantId: string, id: string): Promise<FoundLine | null>;
  /** The actor's entries below a version, oldest first. */
  entriesBefore(tenantId: string, actorId: string, version: number, fromMs: number): Promise<readonly JournalEntry[]>;
  /**
   * Every actor's lines, actor by actor, each in order; in pieces, so that memory is bounded by two: the one worked on and the next. An actor's lines may
   * stand in several. Lines decided before `textsFromMs` (default: the stretch's beginning) come with their entry alone.
   */
  lines(tenantId: string, stretch: Stretch, textsFromMs?: number): AsyncIterable<RecordedPiece>;
  /** So many lines `lines` reads in all, those outside its stretch included. */
  lineCount(tenantId: string): Promise<number>;
  count(tenantId: string, stretch: Stretch): Promise<number>;
  /** Today's profiles. */
  profiles(tenantId: string, actorIds: readonly string[]): Promise<ReadonlyMap<string, ActorProfile>>;
  /** The actor's profile at a moment. `recorded` false: it has changed since and nobody read it in between, so it is today's. */
  profileAt(tenantId: string, actorId: string, atMs: number): Promise<ProfileThen>;
  /** What the journal knew of the tenant's surroundings at a moment (by when it was decided), as far back as it can matter. */
  contextAt(tenantId: string, atMs: number): Promise<readonly ContextThen[]>;
  rules(tenantId: string): Promise<RulesHistory>;
  /** What became of the actions of these decisions of these actors. */
  outcomes(tenantId: string, of: OutcomesOf): Promise<readonly RecordedOutcome[]>;
}

export interface ProfileThen {
  readonly profile: ActorProfile | null;
  readonly recorded: boolean;
}

export interface ContextThen extends DatedEvent {
  readonly decidedAtMs: number;
}

export interface OutcomesOf {
  readonly actorIds: readonly string[];
  readonly decisionIds: readonly string[];
}

export interface RecordedOutcome {
  readonly decisionId: string;
  readonly playbookId: string;
  readonly actionType: string;
  readonly result: string;
}

/** Every version that ever was, and when which was in force. */
export interface RulesHistory {
  readonly policies: readonly { readonly version: number; readonly document: unknown; readonly atMs: number }[];
  readonly playbooks: readonly StoredVersion[];
  /** In order of time. `version` null: from here on no version is published. */
  readonly publications: readonly {
    readonly playbookId: string;
    readonly version: number | null;
    readonly atMs: number;
  }[];
}

export interface StoredVersion {
  readonly playbookId: string;
  readonly version: number;
  readonly document: unknown;
  /** As a decision named it; absent: published. */
  readonly mode?: 'shadow';
  readonly onProbation?: boolean;
}

/** What was read for a decision, as far as planning again needs it. */
export interface DecisionRead {
  readonly signal: MmmSignalInput;
  readonly profile: ActorProfile | null;
  /** Absent in decisions of releases that had none. */
  readonly context?: ContextFacts;
  /** Of a re-entry: by action id, the events of what was put off. */
  readonly originals?: Readonly<Record<string, MmmSignalInput>>;
  readonly original_contexts?: Readonly<Record<string, ContextFacts>>;
  readonly snapshot_hash: string;
  readonly policy_version_ids: readonly string[];
  readonly decided_at_ms: number;
  readonly decided_at_monotonic_ms?: number;
  readonly state_chain: string;
  /** As RecordedRules; absent in decisions of releases that recorded none. */
  readonly rules_digests?: string;
  readonly on_probation?: readonly string[];
  readonly experiments?: readonly RunningExperiment[];
}

/** The recorded signal, from wherever it is. */
export const signalOf = (line: RecordedLine): MmmSignalInput | null => {
  if (line.read !== null) return (JSON.parse(line.read) as DecisionRead).signal;
  return line.signal === null ? null : (JSON.parse(line.signal) as MmmSignalInput);
};
