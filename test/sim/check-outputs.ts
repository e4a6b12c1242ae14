import type { OutputRecord } from '../../src/pipeline/ports/records.ts';
import { decisionIn, type Remains, textOf } from './remains.ts';
import type { LoggedRecord, Transaction } from './broker.ts';

/** I2, I3 (output side), I5 and I8: what consumers see, against what PostgreSQL holds. */
export const checkOutputs = (remains: Remains): void => {
  checkUnique(remains);
  checkRows(remains);
  checkWhole(remains);
  checkOrder(remains);
};

const idOf = (record: LoggedRecord): string => {
  const { delivery_id, decision_id, receipt_id, event_id } = JSON.parse(textOf(record)) as Record<string, string>;
  if (record.topic === 'mmm.decisions') return decision_id!;
  if (record.topic === 'mmm.outcomes') return event_id!;
  return (record.topic === 'mmm.receipts' ? receipt_id : delivery_id)!;
};

/** I2: no id twice in an output topic. */
const checkUnique = ({ outputs, find }: Remains): void => {
  const seen = new Set<string>();
  for (const record of outputs) {
    const id = `${record.topic} ${idOf(record)}`;
    if (seen.has(id)) find('I2', `${id} is there twice (${String(record.headers['mmm-outbox'])})`);
    seen.add(id);
  }
};

/** I5: the outbox rows of PostgreSQL are the outputs, each once, at its number, in number order. */
const checkRows = ({ cluster, outputs, lost, find }: Remains): void => {
  const { broker, postgres } = cluster;
  const byShard = new Map<number, Map<bigint, LoggedRecord>>();
  for (const record of outputs) {
    const [shard, number] = String(record.headers['mmm-outbox']).split(':').map(Number);
    const held = byShard.get(shard!) ?? new Map<bigint, LoggedRecord>();
    held.set(BigInt(number!), record);
    byShard.set(shard!, held);
  }
  for (let shard = 0; shard < broker.partitions; shard++) {
    const rows = postgres.rows(shard);
    const published = byShard.get(shard) ?? new Map<bigint, LoggedRecord>();
    rows.forEach((row, index) => {
      const record = published.get(BigInt(index) + 1n);
      if (record === undefined) {
        if (!lost.has(shard)) find('I5', `row ${shard}:${index + 1} (${row.topic}) was never published`);
      } else if (!sameContent(row, record)) find('I5', `row ${shard}:${index + 1} was published as something else`);
    });
    for (const number of published.keys()) {
      if (number > BigInt(rows.length) && !lost.has(shard))
        find('I5', `${shard}:${number} was published and is no row`);
    }
  }
};

const sameContent = (row: OutputRecord, record: LoggedRecord): boolean =>
  row.topic === record.topic && Buffer.compare(Buffer.from(row.value ?? []), Buffer.from(record.value ?? [])) === 0;

/** What its record came with: a decision, or an outcome of one of its actions. */
const whole = ({ topic, headers, value }: OutputRecord): string => {
  const decisionId = String(headers['mmm-decision-id']);
  if (topic !== 'mmm.outcomes' && topic !== 'mmm.receipts') return decisionId;
  const text = Buffer.from(value ?? []).toString();
  if (topic === 'mmm.receipts' && !text.includes('"kind":"outcome"')) return decisionId;
  return /"receipt_id":"([^"]+)"/.exec(text)?.[1] ?? '';
};

/** I8: everything of a decision became visible with one transaction, and so did everything of an outcome. */
const checkWhole = ({ cluster, outputs, find }: Remains): void => {
  const rows = new Map<string, number>();
  for (let shard = 0; shard < cluster.broker.partitions; shard++) {
    for (const row of cluster.postgres.rows(shard)) {
      const id = whole(row);
      rows.set(id, (rows.get(id) ?? 0) + 1);
    }
  }
  const shown = new Map<string, { records: number; transactions: Set<Transaction | null> }>();
  for (const record of outputs) {
    const id = whole(record);
    const held = shown.get(id) ?? { records: 0, transactions: new Set() };
    held.records += 1;
    held.transactions.add(record.transaction);
    shown.set(id, held);
  }
  for (const [id, { records, transactions }] of shown) {
    if (transactions.size > 1 || transactions.has(null)) find('I8', `${id} came out in ${transactions.size} pieces`);
    const wanted = rows.get(id);
    if (wanted === undefined) continue;
    if (records !== wanted) find('I8', `${id} has ${records} records of ${wanted}`);
  }
};

/** I3: an actor's decisions come out in the order of its journal. */
const checkOrder = ({ cluster, journal, find }: Remains): void => {
  const out = new Map<string, string[]>();
  for (const record of cluster.broker.visible('mmm.decisions')) {
    const { actor_id, decision_id } = decisionIn(record);
    out.set(actor_id, [...(out.get(actor_id) ?? []), decision_id]);
  }
  for (const [actor, commits] of journal) {
    const stored = commits.flatMap((commit) => commit.decisions.map((decision) => decision.decisionId));
    const published = (out.get(actor) ?? []).filter((id) => stored.includes(id));
    const wanted = stored.filter((id) => published.includes(id));
    if (published.join() !== wanted.join())
      find('I3', `${actor}: decisions came out in another order than they were made`);
  }
};
