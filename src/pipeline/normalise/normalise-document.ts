import type { IdPort } from '../../domain/ids.ts';
import { ERRORS } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import type {
  DocumentContext,
  NormaliseOutcome,
  Normaliser,
  OutcomeReading,
  Rejection,
  SignalSource,
} from '../ports/normaliser.ts';
import type { SecretScanner } from '../ports/secret-scanner.ts';
import { buildSignal, signalIdOf } from './build-signal.ts';
import { normaliseDetection } from './detection.ts';
import type { SourceNormaliser } from './draft.ts';
import { FieldReader } from './field-reader.ts';
import type { Document } from './field-reader.ts';
import { normaliseIncident } from './incident.ts';
import { createDocumentInspector } from './inspect-document.ts';
import { nestsTooDeep } from './json-text.ts';
import { LIMITS } from './limits.ts';
import { readOutcomeReport } from './outcome-report.ts';
import { normalisePm3 } from './pm3.ts';
import { normaliseRelease } from './release.ts';
import { textNamesSecret } from './secret-names.ts';
import { normaliseTrigger } from './trigger.ts';
import { normaliseUbi } from './ubi.ts';

const NORMALISERS: Readonly<Record<SignalSource, SourceNormaliser>> = {
  pm3: normalisePm3,
  ubi: normaliseUbi,
  detection: normaliseDetection,
  release: normaliseRelease,
  incident: normaliseIncident,
  trigger: normaliseTrigger,
};

const refuse = (code: ErrorCode, where: string): Rejection => ({
  kind: 'rejected',
  stage: 'intake',
  code,
  message: `${where}: ${ERRORS[code].meaning}; ${ERRORS[code].remedy}`,
});

/** First byte of Confluent-wire Avro: a schema id follows, not JSON text. */
const AVRO_MAGIC_BYTE = 0;

/** Wires limits, secrets and the six sources to one function (G1, design 3.1, R-12, C-11, C-13). Pure but for the secret rules. */
export const createNormaliser = (dependencies: {
  readonly ids: IdPort;
  readonly scanner: SecretScanner;
}): Normaliser => {
  const { ids, scanner } = dependencies;
  const inspect = createDocumentInspector((text) => scanner.mayHoldSecret(text));

  const read = (source: SignalSource, document: Document, context: DocumentContext): NormaliseOutcome => {
    const fields = new FieldReader(document);
    const draft = NORMALISERS[source](fields, context.receivedAtMs);
    if (fields.fault !== null) return { kind: 'rejected', stage: 'normalise', ...fields.fault };
    const signalId = signalIdOf(ids, source, draft, context);
    if (signalId === null) {
      return {
        kind: 'rejected',
        stage: 'normalise',
        code: 'ID_MISSING',
        message: `${source} documents of this shape have no id: publish them to the topic`,
      };
    }
    return { kind: 'normalised', signal: buildSignal(source, signalId, draft, context), notes: fields.notes };
  };

  const readOutcome = (document: Document, receivedAtMs: number): OutcomeReading => {
    const fields = new FieldReader(document);
    const report = readOutcomeReport(fields, receivedAtMs);
    return fields.fault === null ? { kind: 'read', report } : { kind: 'rejected', stage: 'normalise', ...fields.fault };
  };

  /** Limits and secrets first, whatever the document is; a promise only when a text has to go to the secret rules. */
  const inspected = <T>(document: unknown, read: (document: Document) => T): T | Rejection | Promise<T | Rejection> => {
    const { fault, suspects } = inspect(document);
    const finish = (): T | Rejection => (fault === null ? read(document as Document) : refuse(fault.code, fault.path));
    if (suspects.length === 0) return finish();
    return scanner
      .scan(suspects)
      .then((rule) => (rule === null ? finish() : refuse('SECRET_FOUND', `$ (rule ${rule})`)));
  };

  return {
    checkBytes: (bytes) => {
      if (bytes.byteLength > LIMITS.recordBytes) return refuse('RECORD_TOO_LARGE', '$');
      if (bytes[0] !== AVRO_MAGIC_BYTE && nestsTooDeep(bytes)) return refuse('TOO_DEEP', '$');
      return null;
    },
    normalise: (source, document, context) => inspected(document, (known) => read(source, known, context)),
    readOutcome: (document, receivedAtMs) => inspected(document, (known) => readOutcome(known, receivedAtMs)),
    textHoldsSecret: async (text) =>
      textNamesSecret(text) || (scanner.mayHoldSecret(text) && (await scanner.scan([text])) !== null),
  };
};
