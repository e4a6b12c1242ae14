import type { TopicDefinition, TopicName } from '../../generated/topics.ts';
import { TOPICS, TOPIC_NAMES } from '../../generated/topics.ts';

/** A topic as the cluster has it. `configs`: only what was set for the topic itself. */
export interface ExistingTopic {
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

export type TopicStep =
  | { readonly kind: 'ok'; readonly topic: TopicName }
  /** Belongs to a neighbour and exists: what it looks like is theirs. */
  | { readonly kind: 'foreign'; readonly topic: TopicName }
  | {
      readonly kind: 'create';
      readonly topic: TopicName;
      readonly partitions: number;
      readonly configs: Record<string, string>;
    }
  /** `configs` is the whole new set (altering replaces it); `changed` what differs, as `name: is -> wanted`. */
  | {
      readonly kind: 'configure';
      readonly topic: TopicName;
      readonly configs: Record<string, string>;
      readonly changed: readonly string[];
    }
  /** Not changed here: keys would move to other partitions. `mmm repartition` does it. */
  | { readonly kind: 'partitions-differ'; readonly topic: TopicName; readonly is: number; readonly wanted: number };

export function wantedConfigs(topic: TopicDefinition): Record<string, string> {
  return {
    'cleanup.policy': topic.cleanup,
    'retention.ms': String(topic.retentionMs),
    ...(topic.maxMessageBytes === null ? {} : { 'max.message.bytes': String(topic.maxMessageBytes) }),
  };
}

/**
 * What `topics apply` would do, topic by topic. An own topic may have another number of partitions than topics.yaml says (that is the
 * number at creation); only one that must equal another topic's is compared. Inputs are made only if absent (interface 2c).
 */
export function planTopics(existing: ReadonlyMap<TopicName, ExistingTopic>): readonly TopicStep[] {
  return TOPIC_NAMES.flatMap((name): TopicStep[] => {
    const topic: TopicDefinition = TOPICS[name];
    const source = topic.partitionsOf;
    const partitions = source === null ? topic.partitions : (existing.get(source)?.partitions ?? topic.partitions);
    const found = existing.get(name);
    if (found === undefined) return [{ kind: 'create', topic: name, partitions, configs: wantedConfigs(topic) }];
    if (topic.direction === 'in') return [{ kind: 'foreign', topic: name }];
    const steps: TopicStep[] = [];
    if (source !== null && found.partitions !== partitions) {
      steps.push({ kind: 'partitions-differ', topic: name, is: found.partitions, wanted: partitions });
    }
    const wanted = wantedConfigs(topic);
    const changed = Object.entries(wanted)
      .filter(([key, value]) => found.configs[key] !== value)
      .map(([key, value]) => `${key}: ${found.configs[key] ?? 'default'} -> ${value}`);
    if (changed.length > 0) {
      steps.push({ kind: 'configure', topic: name, configs: { ...found.configs, ...wanted }, changed });
    }
    return steps.length === 0 ? [{ kind: 'ok', topic: name }] : steps;
  });
}
