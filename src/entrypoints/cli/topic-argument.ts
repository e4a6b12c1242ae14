import { MmmError } from '../../errors.ts';
import { TOPIC_NAMES, type TopicName } from '../../generated/topics.ts';

/** Throws USAGE with the topics there are. The name is given without MMM_NAMESPACE. */
export const topicArgument = (text: string): TopicName => {
  const found = TOPIC_NAMES.find((name) => name === text);
  if (found === undefined) throw new MmmError('USAGE', `${text} is no topic; there are: ${TOPIC_NAMES.join(', ')}`);
  return found;
};
