import type { TopicName } from '../../generated/topics.ts';
import { TOPIC_NAMES } from '../../generated/topics.ts';

export const DECIDE_GROUP = 'mmm-decide';
export const INTAKE_GROUP = 'mmm-intake';
export const OUTCOMES_GROUP = 'mmm-outcomes';

/** Names on the cluster: everything of one installation begins with its namespace (interface 8). */
export class KafkaNames {
  readonly #namespace: string;
  readonly #byFullName: ReadonlyMap<string, TopicName>;

  constructor(namespace: string) {
    this.#namespace = namespace;
    this.#byFullName = new Map(TOPIC_NAMES.map((name) => [namespace + name, name]));
  }

  topic(name: TopicName): string {
    return this.#namespace + name;
  }

  /** The inverse of `topic`; undefined for a topic that is not in topics.yaml. */
  topicOf(fullName: string): TopicName | undefined {
    return this.#byFullName.get(fullName);
  }

  group(name: string): string {
    return this.#namespace + name;
  }

  /** One per partition of mmm.signals: whoever initialises it shuts the earlier owner of that partition out (design 3.2 step 1). */
  transactionalId(partition: number): string {
    return `${this.#namespace}${DECIDE_GROUP}-${partition}`;
  }
}
