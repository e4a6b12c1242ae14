import type { IdPort } from '../../domain/ids.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import type { MmmReceipt } from '../../generated/records.ts';
import { headersToText } from '../../pipeline/ports/header-text.ts';
import { receiptRecord } from '../../pipeline/decide/decision-records.ts';
import type { RecordCodec, ReleasedCodec } from '../../pipeline/ports/codec.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import type { JournalLine, DecisionEvidence, OutboxLine } from './receipt-evidence.ts';
import { firstFieldDifference } from './receipt-fields.ts';
import { receiptFieldsOf } from './receipt-shape.ts';
import type { Remade } from './reexecute.ts';
import type { Difference } from './verdict.ts';

export interface ResultsInput {
  readonly ids: IdPort;
  readonly codec: ReleasedCodec;
  /** The bytes under judgement; their signature holds. */
  readonly bytes: Uint8Array;
  readonly receipt: MmmReceipt;
  readonly stored: DecisionEvidence;
  readonly line: JournalLine;
  readonly outbox: readonly OutboxLine[];
  /** False: those of them that wait no more may be deleted by now. */
  readonly deferralsKept: boolean;
  readonly made: Remade;
}

/** Everything that the recomputed decision says against everything that is stored of it: first what is signed, then the rest. Null: all the same. */
export const judgeResults = (input: ResultsInput): Difference | null => {
  const { ids, stored, receipt, made } = input;
  const sha = (text: string): string => `sha256:${ids.sha256(text)}`;
  const same = (what: string, expected: string, found: string, meaning: string): Difference | null =>
    expected === found ? null : { what, expected: sha(expected), found: sha(found), meaning };
  const { row } = made.unsigned;
  const traceDigest = receiptFieldsOf(receipt).traceDigest;
  if (sha(row.trace) !== traceDigest)
    return {
      what: 'decision (recomputed)',
      expected: traceDigest,
      found: sha(row.trace),
      meaning: 'every recorded input is as it was, but this program decides otherwise (digests of the gate traces)',
    };
  return (
    same('trace', row.trace, stored.trace, 'the stored gate trace was altered') ??
    rebuiltReceipt(input) ??
    same(
      'stored receipt',
      Buffer.from(input.bytes).toString('utf8'),
      stored.receipt,
      'the copy of the receipt in mmm_decisions was altered: its signature holds on the bytes given here',
    ) ??
    same('decision body', row.body, stored.body, 'the stored decision was altered') ??
    rowColumns(input) ??
    ownEntry(input) ??
    actions(input) ??
    deferrals(input) ??
    outputs(input)
  );
};

const rebuiltReceipt = ({ made, receipt }: ResultsInput): Difference | null => {
  const { signature: _, ...signed } = receipt;
  const rebuilt = made.unsigned.receipt.unsigned;
  if (rebuilt === canonicalJson(signed)) return null;
  const difference = firstFieldDifference(JSON.parse(rebuilt), signed);
  return {
    what: `receipt field ${difference?.path ?? '(order of its members)'}`,
    expected: difference?.expected ?? null,
    found: difference?.found ?? null,
    meaning:
      'the signature holds, but recomputing gives something else: what signed it was not this program with these inputs',
  };
};

const rowColumns = ({ stored, made }: ResultsInput): Difference | null => {
  const { row } = made.unsigned;
  const columns = [
    ['decision_id', row.decisionId, stored.decisionId],
    ['signal_id', row.signalId, stored.signalId],
    ['receipt_id', row.receiptId, stored.receiptId],
    ['decided_at', String(row.decidedAtMs), String(stored.decidedAtMs)],
  ] as const;
  for (const [column, expected, found] of columns) {
    if (expected !== found)
      return { what: `decision row ${column}`, expected, found, meaning: `mmm_decisions.${column} was altered` };
  }
  return null;
};

const ownEntry = ({ ids, made, line }: ResultsInput): Difference | null => {
  const [expected, found] = [canonicalJson(made.entry), canonicalJson(line.entry)];
  if (expected === found && line.isExact) return null;
  return {
    what: `actor journal entry ${made.entry.version}`,
    expected: `sha256:${ids.sha256(expected)}`,
    found: `sha256:${ids.sha256(found)}`,
    meaning: "the decision's own line of the journal was altered: later decisions stand on it",
  };
};

const actions = ({ ids, made, stored }: ResultsInput): Difference | null => {
  const expected = new Map(made.unsigned.row.actions.map((one) => [one.actionId, canonicalJson(one)]));
  const found = new Map(stored.actions.map((one) => [one.actionId, canonicalJson(one)]));
  return firstOfMaps(ids, 'action', expected, found, 'the row of the action in mmm_actions was altered');
};

const deferrals = ({ ids, made, stored, deferralsKept }: ResultsInput): Difference | null => {
  const found = new Map(stored.deferrals.map((one) => [one.actionId, canonicalJson(one)]));
  const expected = new Map(
    (made.plan.upkeep?.deferred ?? [])
      .map(({ waiting: { actionId, attempt, dueMs, expiresMs }, signal }): [string, string] => {
        const facts = JSON.stringify({ signal });
        return [actionId, canonicalJson({ actionId, attempt, dueAtMs: dueMs, expiresAtMs: expiresMs, facts })];
      })
      .filter(([actionId]) => deferralsKept || found.has(actionId)),
  );
  return firstOfMaps(ids, 'deferral', expected, found, 'what was put off (mmm_deferrals) was altered');
};

const firstOfMaps = (
  ids: IdPort,
  what: string,
  expected: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
  meaning: string,
): Difference | null => {
  const digest = (text: string | undefined): string | null =>
    text === undefined ? null : `sha256:${ids.sha256(text)}`;
  for (const id of [...new Set([...expected.keys(), ...found.keys()])].sort()) {
    if (expected.get(id) === found.get(id)) continue;
    return { what: `${what} ${id}`, expected: digest(expected.get(id)), found: digest(found.get(id)), meaning };
  }
  return null;
};

const bytesOf = (value: Uint8Array | string | null): Buffer => (value === null ? Buffer.alloc(0) : Buffer.from(value));

/** One text for all that an output is, for digests. */
const outputText = ({ topic, key, value, headers }: OutputRecord): string =>
  canonicalJson([topic, bytesOf(key).toString('base64'), bytesOf(value).toString('base64'), headersToText(headers)]);

/** The outputs of a decision in their order, the receipt last. */
export const outputsOf = (codec: RecordCodec, made: Remade, receipt: Uint8Array): readonly OutputRecord[] => [
  ...made.unsigned.records,
  receiptRecord(codec, made.unsigned.records[0]!, receipt),
];

/** The same output as earlier releases wrote it: rows are kept a day, and a schema may get a version within it. */
const earlierForms = (codec: ReleasedCodec, made: Remade, record: OutputRecord): readonly OutputRecord[] =>
  codec.earlierSchemas(record.topic).flatMap((header): OutputRecord[] => {
    const output = made.outputs[made.unsigned.records.indexOf(record)];
    // The receipt's bytes are signed: no version of its schema changes them.
    const value = output === undefined ? record.value : codec.encodeAs(header, output.topic, output.value);
    return value === null ? [] : [{ ...record, value, headers: { ...record.headers, 'mmm-schema': header } }];
  });

/** Rows go from the front as they get old, so what is there must be the end of what was written. */
const outputs = ({ ids, codec, made, bytes, outbox }: ResultsInput): Difference | null => {
  if (outbox.length === 0) return null;
  const written = outputsOf(codec, made, bytes);
  const digest = (record: OutputRecord | undefined): string | null =>
    record === undefined ? null : `sha256:${ids.sha256(outputText(record))}`;
  const kept = outbox[0]!.isFirst ? written.slice(-outbox.length) : written;
  for (let n = 0; n < Math.max(kept.length, outbox.length); n += 1) {
    const ours = kept[n];
    const [expected, found] = [digest(ours), digest(outbox[n]?.record)];
    if (expected === found) continue;
    if (ours !== undefined && earlierForms(codec, made, ours).some((form) => digest(form) === found)) continue;
    return {
      what: outputName(made, ours ?? outbox[n]!.record),
      expected,
      found,
      meaning: `the row that publishes it (mmm_outbox ${outbox[n]?.at ?? outbox.at(-1)!.at}) was altered or is gone`,
    };
  }
  return null;
};

/** By its place: what is under judgement may be anything, and what was made is ours. */
const outputName = (made: Remade, record: OutputRecord): string => {
  const at = made.unsigned.records.indexOf(record);
  const id = made.outputs[at]?.id;
  return id === undefined ? 'published receipt' : at === 0 ? `published decision ${id}` : `delivery ${id}`;
};
