import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { TOPIC_NAMES, TOPICS } from '../../src/generated/topics.ts';

type Ref = { readonly $ref: string };
type Message = {
  readonly contentType: string;
  readonly payload?: { readonly schemaFormat: string; readonly schema: Ref };
};
type Channel = {
  readonly address: string;
  readonly messages: Readonly<Record<string, Ref>>;
  readonly bindings: { readonly kafka: { readonly partitions: number } };
};
type Operation = { readonly action: string; readonly channel: Ref; readonly messages: readonly Ref[] };
type Document = {
  readonly asyncapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly components: { readonly messages: Readonly<Record<string, Message>> };
};

const folder = new URL('../../schemas/', import.meta.url);
const text = readFileSync(fileURLToPath(new URL('asyncapi.yaml', folder)), 'utf8');
const document = parse(text) as Document;

/** What a reference inside the document points to; undefined if nothing. Names hold no / and no ~, so nothing is escaped. */
function resolve(ref: string): unknown {
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key], document);
}

describe('schemas/asyncapi.yaml', () => {
  test('is an AsyncAPI 3 document with only the parts the specification knows', () => {
    expect(document.asyncapi).toBe('3.0.0');
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    expect(Object.keys(document).sort()).toEqual(
      ['asyncapi', 'channels', 'components', 'defaultContentType', 'info', 'operations'].sort(),
    );
  });

  test('every reference points to something', () => {
    const refs = [...text.matchAll(/\$ref: ['"]?([^'"\s]+)/g)].map((match) => String(match[1]));
    expect(refs.length).toBeGreaterThan(40);
    const dangling = refs.filter((ref) =>
      ref.startsWith('#/') ? resolve(ref) === undefined : !existsSync(fileURLToPath(new URL(ref, folder))),
    );
    expect(dangling).toEqual([]);
  });

  test('every topic with records has its channel', () => {
    const withRecords = TOPIC_NAMES.filter((name) => TOPICS[name].format !== 'none');
    expect(Object.keys(document.channels)).toEqual(withRecords);
    for (const name of withRecords) {
      expect(document.channels[name]).toMatchObject({
        address: name,
        bindings: { kafka: { topic: name, partitions: TOPICS[name].partitions } },
      });
    }
  });

  test('inputs are received, outputs sent, internal topics both', () => {
    for (const name of Object.keys(document.channels)) {
      const actions = Object.values(document.operations)
        .filter((operation) => operation.channel.$ref === `#/channels/${name}`)
        .map((operation) => operation.action)
        .sort();
      const { direction } = TOPICS[name as keyof typeof TOPICS];
      expect([name, actions]).toEqual([
        name,
        { in: ['receive'], out: ['send'], internal: ['receive', 'send'] }[direction],
      ]);
    }
  });

  test('the messages of an operation are messages of its channel, as the specification demands', () => {
    for (const operation of Object.values(document.operations)) {
      for (const message of operation.messages) expect(message.$ref).toContain(`${operation.channel.$ref}/messages/`);
    }
  });

  test('inputs come as JSON or Avro, outputs in the format of topics.yaml', () => {
    const typesOf = (name: string): readonly string[] =>
      Object.keys(document.channels[name]?.messages ?? {}).map((key) =>
        String(document.components.messages[key]?.contentType),
      );
    expect(typesOf('detection.alerts')).toEqual(['application/json', 'application/vnd.apache.avro']);
    expect(typesOf('mmm.decisions')).toEqual(['application/vnd.apache.avro']);
    expect(typesOf('mmm.receipts')).toEqual(['application/json']);
    expect(typesOf('mmm.dlq')).toEqual(['application/octet-stream']);
  });
});
