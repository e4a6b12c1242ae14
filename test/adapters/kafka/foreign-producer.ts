import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { kafkaPeer } from '../../infra/kafka-peer.ts';
import { kcatInstalled } from '../../infra/kcat.ts';
import { brokers } from './cluster.ts';

/** One record per value, in one packed batch where they fit, written by another client: librdkafka, or Kafka's own where kcat is not installed. */
export async function produceElsewhere(topic: string, codec: string, values: readonly string[]): Promise<void> {
  const kcat = ['-P', '-b', brokers().join(','), '-t', topic, '-p', '0', '-z', codec, '-X', 'linger.ms=100'];
  const [program, args] = (await kcatInstalled())
    ? ['kcat', kcat]
    : await kafkaPeer('produce', brokers().join(','), topic, '0', codec);
  const child = spawn(program, [...args], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(`${values.join('\n')}\n`);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}`);
}
