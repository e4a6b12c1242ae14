import { actorOf, type Remains, type Row, type Shown } from './remains.ts';

/** I2, I3 (output side), I5 and I8: what consumers see, against what PostgreSQL holds. */
export const checkOutputs = (remains: Remains): void => {
  checkUnique(remains);
  checkRows(remains);
  checkWhole(remains);
  checkOrder(remains);
};

export const idOf = ({ topic, body }: Pick<Shown, 'topic' | 'body'>): string => {
  if (topic === 'mmm.decisions') return String(body['decision_id']);
  if (topic === 'mmm.outcomes' || topic === CONFIG) return String(body['event_id']);
  return String(topic === 'mmm.receipts' ? body['receipt_id'] : body['delivery_id']);
};

/** Changes of definitions: of no decision, each a whole of its own. */
const CONFIG = 'mmm.admin_config';

/** I2: no id twice in an output topic. */
const checkUnique = ({ outputs, find }: Remains): void => {
  const seen = new Set<string>();
  for (const record of outputs) {
    const id = `${record.topic} ${idOf(record)}`;
    if (seen.has(id)) find('I2', `${id} is there twice (${String(record.headers['mmm-outbox'])})`, 'duplicated');
    seen.add(id);
  }
};

/** I5: the outbox rows of PostgreSQL are the outputs, each once, at its number, in number order. */
const checkRows = ({ partitions, rows: rowsOf, outputs, lostShards, find }: Remains): void => {
  const byShard = new Map<number, Map<number, Shown>>();
  for (const record of outputs) {
    const [shard, number] = String(record.headers['mmm-outbox']).split(':').map(Number);
    const held = byShard.get(shard!) ?? new Map<number, Shown>();
    held.set(number!, record);
    byShard.set(shard!, held);
  }
  for (let shard = 0; shard < partitions; shard++) {
    const rows = rowsOf(shard);
    const published = byShard.get(shard) ?? new Map<number, Shown>();
    rows.forEach((row, index) => {
      const record = published.get(index + 1);
      if (record === undefined) {
        if (!lostShards.has(shard)) find('I5', `row ${shard}:${index + 1} (${row.topic}) was never published`, 'lost');
      } else if (!sameContent(row, record))
        find('I5', `row ${shard}:${index + 1} was published as something else`, 'other');
    });
    for (const number of published.keys()) {
      if (number > rows.length && !lostShards.has(shard))
        find('I5', `${shard}:${number} was published and is no row`, 'other');
    }
  }
};

const sameContent = (row: Row, record: Shown): boolean =>
  row.topic === record.topic && Buffer.compare(row.value, record.value) === 0;

/** What a record came with: a decision, or an outcome of one of its actions. */
const whole = ({ topic, decisionId, value }: Row): string => {
  if (topic !== 'mmm.outcomes' && topic !== 'mmm.receipts') return decisionId;
  const text = Buffer.from(value).toString();
  if (topic === 'mmm.receipts' && !text.includes('"kind":"outcome"')) return decisionId;
  return /"receipt_id":"([^"]+)"/.exec(text)?.[1] ?? '';
};

/** I8: everything of a decision became visible with one transaction, and so did everything of an outcome. */
const checkWhole = ({ partitions, rows, outputs, find }: Remains): void => {
  const wanted = new Map<string, number>();
  for (let shard = 0; shard < partitions; shard++) {
    for (const row of rows(shard)) if (row.topic !== CONFIG) wanted.set(whole(row), (wanted.get(whole(row)) ?? 0) + 1);
  }
  const shown = new Map<string, { records: number; transactions: Set<object | null> }>();
  for (const { topic, value, headers, transaction } of outputs) {
    if (topic === CONFIG) continue;
    const id = whole({ topic, value, decisionId: String(headers['mmm-decision-id']) });
    const held = shown.get(id) ?? { records: 0, transactions: new Set() };
    held.records += 1;
    if (transaction !== undefined) held.transactions.add(transaction);
    shown.set(id, held);
  }
  for (const [id, { records, transactions }] of shown) {
    if (transactions.size > 1 || transactions.has(null))
      find('I8', `${id} came out in ${transactions.size} pieces`, 'other');
    const rowsOfIt = wanted.get(id);
    if (rowsOfIt === undefined) continue;
    if (records !== rowsOfIt)
      find('I8', `${id} has ${records} records of ${rowsOfIt}`, records < rowsOfIt ? 'lost' : 'duplicated');
  }
};

/** I3: an actor's decisions come out in the order of its journal. */
const checkOrder = ({ outputs, journal, find }: Remains): void => {
  const out = new Map<string, string[]>();
  for (const { topic, body } of outputs) {
    if (topic !== 'mmm.decisions') continue;
    const held = out.get(actorOf(body)) ?? [];
    held.push(String(body['decision_id']));
    out.set(actorOf(body), held);
  }
  for (const [actor, entries] of journal) {
    const stored = entries.flatMap((entry) => (entry.kind === 'signal' ? (entry.decisionId ?? []) : []));
    const storedIds = new Set(stored);
    const published = (out.get(actor) ?? []).filter((id) => storedIds.has(id));
    const publishedIds = new Set(published);
    const wanted = stored.filter((id) => publishedIds.has(id));
    if (published.join() !== wanted.join())
      find('I3', `${actor}: decisions came out in another order than they were made`, 'out of order');
  }
};
