import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics } from '../../pipeline/ports/metrics.ts';

interface Definition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

/** R-97's buckets, with finer ones below for the stream. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5];

/** Every metric we emit (interface 9). A name that is not here is a fault of the caller and throws, so that no metric is invented in passing. */
export const METRICS = {
  mmm_signals_received_total: {
    kind: 'counter',
    help: 'Signals decided upon',
    labels: ['tenant_id', 'source', 'event_type'],
  },
  mmm_decisions_total: { kind: 'counter', help: 'Decisions', labels: ['tenant_id', 'actor_type'] },
  mmm_actions_total: { kind: 'counter', help: 'Actions that were sent', labels: ['tenant_id', 'action_type'] },
  mmm_actions_delivered_total: {
    kind: 'counter',
    help: 'Deliveries published',
    labels: ['tenant_id', 'surface', 'result'],
  },
  mmm_actions_accepted_total: {
    kind: 'counter',
    help: 'Actions that a person accepted',
    labels: ['tenant_id', 'action_type'],
  },
  mmm_outcomes_total: { kind: 'counter', help: 'Outcomes recorded', labels: ['tenant_id', 'result'] },
  mmm_records_total: { kind: 'counter', help: 'Records by stage and outcome', labels: ['stage', 'outcome', 'reason'] },
  mmm_candidates_total: { kind: 'counter', help: 'Candidates by disposition', labels: ['disposition', 'reason'] },
  mmm_dlq_records_total: { kind: 'counter', help: 'Dead letters by code', labels: ['reason'] },
  mmm_unknown_words_total: { kind: 'counter', help: 'Words outside the vocabularies', labels: ['field'] },
  mmm_inputs_mended_total: {
    kind: 'counter',
    help: 'Inputs taken although a detail was not as agreed',
    labels: ['source', 'what'],
  },
  mmm_session_ends_total: { kind: 'counter', help: 'Sessions that ended with an error', labels: ['reason'] },
  mmm_rebalances_total: { kind: 'counter', help: 'Group rebalances seen', labels: [] },
  mmm_decision_latency_warning_total: {
    kind: 'counter',
    help: 'Synchronous decisions over their budget',
    labels: ['surface'],
  },
  mmm_signal_to_delivery_seconds: {
    kind: 'histogram',
    help: 'From received to published',
    labels: [],
    buckets: SECONDS,
  },
  mmm_decision_latency_seconds: { kind: 'histogram', help: 'Synchronous decisions', labels: [], buckets: SECONDS },
  mmm_stage_seconds: { kind: 'histogram', help: 'Time in a stage per batch', labels: ['stage'], buckets: SECONDS },
  mmm_tx_seconds: { kind: 'histogram', help: 'Transactions of the log', labels: ['outcome'], buckets: SECONDS },
  mmm_consumer_lag_records: { kind: 'gauge', help: 'Records not yet read', labels: ['group'] },
  mmm_consumer_lag_seconds: { kind: 'gauge', help: 'Age of the oldest record not yet read', labels: ['group'] },
  mmm_partition_blocked: { kind: 'gauge', help: 'Partitions that wait for an operator', labels: ['reason'] },
  mmm_outbox_unpublished: { kind: 'gauge', help: 'Outbox rows not yet published', labels: [] },
  mmm_circuit_state: { kind: 'gauge', help: '0 closed, 1 open, 2 half open', labels: ['name'] },
} as const satisfies Record<string, Definition>;

const TENANT = 'tenant_id';

type Instrument = Counter | Gauge | Histogram;

export class PromMetrics implements Metrics {
  readonly registry = new Registry();
  readonly #instruments = new Map<string, Instrument>();

  readonly #tenantLabel: boolean;

  /** `tenantLabel`: label by tenant, which tells whoever reads the metrics who the customers are (D-19); off unless asked for. */
  constructor(options: { readonly tenantLabel: boolean } = { tenantLabel: false }) {
    this.#tenantLabel = options.tenantLabel;
    collectDefaultMetrics({ register: this.registry });
    for (const [name, definition] of Object.entries(METRICS) as [string, Definition][]) {
      this.#instruments.set(name, instrument(name, this.#labelled(definition), this.registry));
    }
  }

  records(stage: string, outcome: string, reason: string, count = 1): void {
    this.count('mmm_records_total', { stage, outcome, reason }, count);
  }

  count(name: string, labels: Record<string, string> = {}, by = 1): void {
    (this.#get(name) as Counter).inc(this.#kept(labels), by);
  }

  gauge(name: string, value: number, labels: Record<string, string> = {}): void {
    (this.#get(name) as Gauge).set(labels, value);
  }

  observe(name: string, seconds: number, labels: Record<string, string> = {}): void {
    (this.#get(name) as Histogram).observe(labels, seconds);
  }

  #labelled(definition: Definition): Definition {
    return this.#tenantLabel
      ? definition
      : { ...definition, labels: definition.labels.filter((label) => label !== TENANT) };
  }

  #kept(labels: Record<string, string>): Record<string, string> {
    if (this.#tenantLabel || !(TENANT in labels)) return labels;
    const { [TENANT]: _, ...others } = labels;
    return others;
  }

  #get(name: string): Instrument {
    const held = this.#instruments.get(name);
    if (held === undefined) throw new TypeError(`${name} is not in the list of metrics`);
    return held;
  }
}

const instrument = (name: string, definition: Definition, registry: Registry): Instrument => {
  const common = { name, help: definition.help, labelNames: [...definition.labels], registers: [registry] };
  switch (definition.kind) {
    case 'counter':
      return new Counter(common);
    case 'gauge':
      return new Gauge(common);
    case 'histogram':
      return new Histogram({ ...common, buckets: [...(definition.buckets ?? SECONDS)] });
  }
};
