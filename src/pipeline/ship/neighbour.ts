/**
 * SHIP: hands receipts and deliveries to neighbours that speak HTTP and do not read Kafka (ERIS, Alerting, Integration Adapters). Not built in this
 * release: those neighbours' records wait in their topics for the retention time. The place is fixed here.
 */
export interface Neighbour {
  readonly name: string;
  /** At least once, under the record's own id. `retry` keeps the record; `refused` is final and goes to the dead letters. */
  ship(record: { readonly id: string; readonly body: Uint8Array }): Promise<'taken' | 'retry' | 'refused'>;
}
