import type { ActorType, EvaluationPoint, Severity, Surface } from '../../domain/vocabulary.ts';
import type { FieldReader } from './field-reader.ts';
import type { FlatPayload } from './flatten.ts';
import type { Environment, Plane } from './vocabulary.ts';

/** What the normaliser of a source reads off a document; the rest of a signal is the same for every source (build-signal.ts). */
export interface Draft {
  readonly tenantId: string;
  /** Null: the source gives its records no id, the place of the record is the id. */
  readonly producerId: string | null;
  /** Null: context of the tenant, nobody is nudged. */
  readonly actorId: string | null;
  readonly actorType: ActorType;
  readonly eventType: string;
  readonly severity: Severity;
  readonly occurredAtMs: number;
  readonly payload: FlatPayload;
  readonly repoId: string | null;
  readonly branch: string | null;
  readonly commit: string | null;
  readonly filePath: string | null;
  readonly environment: Environment | null;
  readonly plane: Plane | null;
  readonly evaluationPoint: EvaluationPoint | null;
  readonly prNumber: number | null;
  readonly buildId: string | null;
  readonly incidentId: string | null;
  readonly surfaceHint: Surface | null;
  readonly traceId: string | null;
  readonly spanId: string | null;
}

/** Fields that many sources do not have. */
export const NOTHING_MORE = {
  repoId: null,
  branch: null,
  commit: null,
  filePath: null,
  environment: null,
  plane: null,
  evaluationPoint: null,
  prNumber: null,
  buildId: null,
  incidentId: null,
  surfaceHint: null,
  traceId: null,
  spanId: null,
} as const;

/** Reads one document of one source. Faults and notes stay with the reader. */
export type SourceNormaliser = (fields: FieldReader, receivedAtMs: number) => Draft;
