import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { brokers } from './cluster.ts';

/** One record per value, in one packed batch where they fit, written by librdkafka. */
export async function produceWithKcat(topic: string, codec: string, values: readonly string[]): Promise<void> {
  const args = ['-P', '-b', brokers().join(','), '-t', topic, '-p', '0', '-z', codec, '-X', 'linger.ms=100'];
  const child = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(`${values.join('\n')}\n`);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`kcat ended with ${String(code)}`);
}
