import type { KafkaMessage } from 'kafkajs';
import type { LogRecord } from '../../pipeline/ports/records.ts';
import { readHeaders } from './headers.ts';

export function logRecord(message: KafkaMessage): LogRecord {
  return {
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    headers: readHeaders(message.headers),
    timestampMs: Number(message.timestamp),
  };
}
