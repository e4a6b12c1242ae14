/**
 * At most this many records, or this much work, whichever is less (design 3.2 step 2, with 50 ms). Only a backlog fills a batch, and what waits in it
 * longest comes out sooner the cheaper each signal is: on two slow cores 50 ms were 200 records, and 400 gave a fifth more throughput.
 */
const MAX_RECORDS = 500;
const MAX_WORK_MS = 250;
/**
 * Never fewer: a batch costs a commit, a transaction and a dozen requests whatever is in it, so a busy machine, on which each record seems to take
 * longer, must not make them smaller. Who waits is not alone: planning gives way every 10 ms.
 */
const MIN_LIMIT = 200;
/** A new partition starts here and finds its size within a few batches. */
const FIRST_RECORDS = 200;
/** How fast the estimate follows: about the last five batches. */
const WEIGHT = 0.2;

/** Keeps a micro-batch below MAX_WORK_MS of work: larger ones delay the first of their signals, smaller ones pay a round trip and a transaction each. */
export class MicroBatchSize {
  #msPerRecord = MAX_WORK_MS / FIRST_RECORDS;

  get limit(): number {
    return Math.max(MIN_LIMIT, Math.min(MAX_RECORDS, Math.floor(MAX_WORK_MS / this.#msPerRecord)));
  }

  took(records: number, ms: number): void {
    if (records === 0) return;
    this.#msPerRecord += WEIGHT * (Math.max(ms, 0.001) / records - this.#msPerRecord);
  }
}
