import { createKafkaClients } from '../../adapters/kafka/connection.ts';
import { createLogger } from '../../adapters/telemetry/pino-logger.ts';
import { startBarePipeline } from './bare-pipeline.ts';

/** What the benchmark gives its bare pipeline, as JSON, in the first argument. */
export interface BareArguments {
  readonly brokers: readonly string[];
  readonly group: string;
  readonly raw: string | null;
  readonly keyed: string;
  readonly outputs: readonly {
    readonly topic: string;
    readonly bytes: number;
    readonly headers: Record<string, string>;
  }[];
}

// The program of a process of its own: everything here runs on start.
const given = JSON.parse(process.argv[2] ?? '') as BareArguments;
const logger = createLogger({ level: 'warn', version: 'bare' });
const clients = createKafkaClients({ brokers: given.brokers, clientId: 'mmm-bench-bare' }, logger);
const stop = await startBarePipeline({
  ...clients,
  group: given.group,
  raw: given.raw,
  keyed: given.keyed,
  outputs: given.outputs.map(({ topic, bytes, headers }) => ({ topic, headers, value: Buffer.alloc(bytes, 'x') })),
});
process.once('SIGTERM', () => {
  void stop().then(() => process.exit(0));
});
