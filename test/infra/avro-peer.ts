import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { jarsOf, jvm } from './kafka-jars.ts';

const PROGRAM = fileURLToPath(new URL('./AvroPeer.java', import.meta.url));
const VERSION = '1.12.1';

/** Runs AvroPeer.java from source: as many lines come back as went in. Rejects when it ends with another code than 0. */
const avroPeer = async (
  mode: 'decode' | 'encode',
  registryUrl: string,
  lines: readonly string[],
): Promise<string[]> => {
  const [command, flags] = await jvm([await jarsOf('avro-pom.xml', `avro-${VERSION}`)]);
  const child = spawn(command, [...flags, PROGRAM, mode, registryUrl], { stdio: 'pipe' });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  // One that has ended before it read all says why by its code and its standard error.
  child.stdin.on('error', () => undefined);
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const [out, said, [code]] = await Promise.all([buffer(child.stdout), buffer(child.stderr), ended]);
  if (code !== 0) throw new Error(`Avro of Java ended with ${String(code)}: ${said.toString()}`);
  const answers = out.toString().split('\n').slice(0, -1);
  if (answers.length !== lines.length) throw new Error(`${answers.length} answers to ${lines.length} records`);
  return answers;
};

/** Confluent-wire records as Apache's Avro for Java reads them, with the schemas that the registry has for their ids. */
export const javaDecode = async (registryUrl: string, records: readonly Uint8Array[]): Promise<unknown[]> => {
  const lines = records.map((bytes) => Buffer.from(bytes).toString('base64'));
  return (await avroPeer('decode', registryUrl, lines)).map((line) => JSON.parse(line) as unknown);
};

/** Confluent-wire records as Apache's Avro for Java writes them. `datum` is in Avro's JSON encoding: a value of a union is `{"type": value}`. */
export const javaEncode = async (
  registryUrl: string,
  records: readonly { readonly schemaId: number; readonly datum: unknown }[],
): Promise<Buffer[]> => {
  const lines = records.map(({ schemaId, datum }) => `${schemaId}\t${JSON.stringify(datum)}`);
  return (await avroPeer('encode', registryUrl, lines)).map((line) => Buffer.from(line, 'base64'));
};
