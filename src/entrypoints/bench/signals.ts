/** The raw signals of the benchmark: SIN envelopes of a real one's size, each with its due time and number in `traceparent`. */

export const BENCH_TENANT = 'bench';
export const BENCH_ACTORS = 2_000;

/** Of these ten, the playbook of the benchmark is triggered by the first only. */
export const EVENT_TYPES = [
  'commit_pushed',
  'file_edited',
  'file_created',
  'file_deleted',
  'commit_created',
  'pr_opened',
  'pr_merged',
  'test_failed',
  'build_failed',
  'build_succeeded',
] as const;

export type Mix = 'every' | 'one_in_ten';

export interface RawSignal {
  readonly key: string;
  readonly value: string;
  readonly headers: { readonly traceparent: string };
}

/** Microseconds since the epoch and the number, as a valid W3C `traceparent`: both pipelines copy it to every output. */
export const traceOf = (dueMs: number, number: number): string => {
  const due = Math.round(dueMs * 1_000)
    .toString(16)
    .padStart(32, '0');
  return `00-${due}-${(number + 1).toString(16).padStart(16, '0')}-01`;
};

export interface Trace {
  readonly dueMs: number;
  readonly number: number;
}

/** The inverse of `traceOf`; null for a text that is not one. */
export const readTrace = (text: string): Trace | null => {
  const [, due, number] = text.split('-');
  if (due?.length !== 32 || number?.length !== 16) return null;
  return { dueMs: Number.parseInt(due, 16) / 1_000, number: Number.parseInt(number, 16) - 1 };
};

export interface SignalSource {
  /** The raw signal of this number, due then. */
  make(number: number, dueMs: number): RawSignal;
  /** Whether a delivery is to come of it. */
  readonly delivers: (number: number) => boolean;
}

/** `run` makes ids and actors of their own for each run, so that every run begins with the same, empty states. */
export const signalSource = (run: string, mix: Mix): SignalSource => {
  const typeOf = (number: number): string =>
    mix === 'every' ? EVENT_TYPES[0] : (EVENT_TYPES[number % EVENT_TYPES.length] ?? EVENT_TYPES[0]);
  return {
    delivers: (number) => typeOf(number) === EVENT_TYPES[0],
    make: (number, dueMs) => {
      // One on after each turn over all: else an actor would get signals of one type only, and in the mixed runs most would never be decided on.
      const actor = `${run}-${(number * 7 + Math.trunc(number / BENCH_ACTORS)) % BENCH_ACTORS}`;
      const value = {
        signal_id: `${run}-${number}`,
        tenant_id: BENCH_TENANT,
        producer_id: 'github-integration',
        signal_kind: 'event',
        signal_type: typeOf(number),
        occurred_at: new Date(dueMs).toISOString(),
        ingested_at: new Date(dueMs).toISOString(),
        schema_version: '1.0.0',
        environment: 'dev',
        actor_id: actor,
        resource: {
          repository: `org/service-${number % 50}`,
          branch: 'main',
          commit: number.toString(16).padStart(40, '0'),
          module: 'checkout',
          plane: 'tenant_cloud',
          service_name: 'checkout',
        },
        payload: {
          severity: 'info',
          files_changed: 3 + (number % 5),
          source_files: 3,
          test_files: 0,
          generated_files: 0,
          insertions: 40,
          deletions: 12,
          is_fix: false,
          is_revert: false,
        },
      };
      return {
        key: `${BENCH_TENANT}|${actor}`,
        value: JSON.stringify(value),
        headers: { traceparent: traceOf(dueMs, number) },
      };
    },
  };
};
