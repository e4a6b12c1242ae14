/** What the stages count and time. Names are those of interface 9; labels are bounded: never an id. */
export interface Metrics {
  /** mmm_records_total{stage,outcome,reason} */
  records(stage: string, outcome: string, reason: string, count?: number): void;
  /** Every other counter of interface 9, by its Prometheus name. */
  count(name: string, labels?: Record<string, string>, by?: number): void;
  gauge(name: string, value: number, labels?: Record<string, string>): void;
  /** Seconds. */
  observe(name: string, seconds: number, labels?: Record<string, string>): void;
}
