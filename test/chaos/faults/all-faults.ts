import { BROKER_FAULTS } from './broker.ts';
import { CURSOR_FAULTS } from './cursors.ts';
import type { Fault } from './fault.ts';
import { KILLS } from './kills.ts';
import { LOST_ANSWERS } from './lost-answers.ts';
import { MEMBER_FAULTS } from './members.ts';
import { PAUSES } from './pauses.ts';
import { POSTGRES_FAULTS } from './postgres.ts';
import { REDIS_FAULTS } from './redis.ts';
import { REGISTRY_FAULTS } from './registry.ts';

/** Every row of the matrix (kafka-notes 5.2), family by family. */
export const FAULTS: readonly Fault[] = [
  ...KILLS,
  ...PAUSES,
  ...LOST_ANSWERS,
  ...BROKER_FAULTS,
  ...REDIS_FAULTS,
  ...POSTGRES_FAULTS,
  ...REGISTRY_FAULTS,
  ...CURSOR_FAULTS,
  ...MEMBER_FAULTS,
];
