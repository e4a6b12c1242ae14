import { TOPIC_NAMES, TOPICS } from '../../generated/topics.ts';
import type { TopicDefinition, TopicName } from '../../generated/topics.ts';

/** A topic as it should be. `name` and `partitionsOf` carry the installation's prefix. */
export interface DesiredTopic {
  readonly name: string;
  /** False: the topic belongs to a neighbour; it is made if absent and otherwise left alone. */
  readonly ours: boolean;
  readonly partitions: number;
  readonly partitionsOf: string | null;
  /** Topic settings by their Kafka names, values as text. */
  readonly config: Readonly<Record<string, string>>;
}

/** A topic as the broker describes it. `config` needs at least the settings that DesiredTopic names. */
export interface ActualTopic {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

/** What is to be done, or said, about one topic. Only `create` and `set_config` change anything. */
export type TopicAction =
  | {
      readonly kind: 'create';
      readonly name: string;
      readonly partitions: number;
      readonly config: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'set_config'; readonly name: string; readonly changes: readonly ConfigChange[] }
  | {
      readonly kind: 'partitions_differ';
      readonly name: string;
      readonly desired: number;
      readonly actual: number;
      /** True: the engine can not run like this. False: only the count at creation differs. */
      readonly fault: boolean;
    }
  | { readonly kind: 'keep'; readonly name: string };

export interface ConfigChange {
  readonly setting: string;
  readonly from: string | null;
  readonly to: string;
}

/** Every topic of topics.yaml as this installation wants it. @param prefix MMM_NAMESPACE, empty for none */
export function desiredTopics(prefix: string): readonly DesiredTopic[] {
  return TOPIC_NAMES.map((name: TopicName) => desiredTopic(prefix, TOPICS[name]));
}

/**
 * What makes the broker agree with topics.yaml, in the order of `desired`. Nothing is ever deleted, and no partition count
 * is changed: another count sends an actor's records to another shard, which is the business of `mmm repartition` alone.
 * A second plan after the first was carried out has no change left.
 */
export function planTopics(desired: readonly DesiredTopic[], actual: readonly ActualTopic[]): readonly TopicAction[] {
  const byName = new Map(actual.map((topic) => [topic.name, topic]));
  return desired.flatMap((topic) => {
    const wanted = topic.partitionsOf === null ? undefined : byName.get(topic.partitionsOf);
    return planOne(wanted === undefined ? topic : { ...topic, partitions: wanted.partitions }, byName.get(topic.name));
  });
}

/** True when carrying out the plan would change something. */
export const topicsNeedChange = (plan: readonly TopicAction[]): boolean =>
  plan.some((action) => action.kind === 'create' || action.kind === 'set_config');

/** True when `topics check` has to fail: something would change, or a count does not fit. */
export const topicsCheckFails = (plan: readonly TopicAction[]): boolean =>
  topicsNeedChange(plan) || plan.some((action) => action.kind === 'partitions_differ' && action.fault);

function planOne(topic: DesiredTopic, actual: ActualTopic | undefined): readonly TopicAction[] {
  if (actual === undefined) {
    return [{ kind: 'create', name: topic.name, partitions: topic.partitions, config: topic.config }];
  }
  if (!topic.ours) return [{ kind: 'keep', name: topic.name }];
  const actions: TopicAction[] = [];
  if (actual.partitions !== topic.partitions) {
    actions.push({
      kind: 'partitions_differ',
      name: topic.name,
      desired: topic.partitions,
      actual: actual.partitions,
      fault: topic.partitionsOf !== null,
    });
  }
  const changes = Object.entries(topic.config)
    .map(([setting, to]) => ({ setting, from: actual.config[setting] ?? null, to }))
    .filter(({ from, to }) => from !== to);
  if (changes.length > 0) actions.push({ kind: 'set_config', name: topic.name, changes });
  return actions.length > 0 ? actions : [{ kind: 'keep', name: topic.name }];
}

function desiredTopic(prefix: string, topic: TopicDefinition): DesiredTopic {
  const config: Record<string, string> = {
    'cleanup.policy': topic.cleanup,
    'retention.ms': String(topic.retentionMs),
  };
  if (topic.maxMessageBytes !== null) config['max.message.bytes'] = String(topic.maxMessageBytes);
  return {
    name: prefix + topic.name,
    ours: topic.direction !== 'in',
    partitions: topic.partitions,
    partitionsOf: topic.partitionsOf === null ? null : prefix + topic.partitionsOf,
    config,
  };
}
