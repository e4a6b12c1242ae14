import { createKafkaClients, type KafkaClients } from '../../adapters/kafka/connection.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { KafkaConfig } from '../../runtime/config.ts';

export const kafkaClients = (config: KafkaConfig, logger: Logger): KafkaClients =>
  createKafkaClients(
    {
      brokers: config.brokers,
      clientId: 'mmm-engine',
      ssl: config.ssl,
      ...(config.sasl === null ? {} : { sasl: config.sasl }),
    },
    logger,
  );
