import { MmmError } from '../../src/errors.ts';
import type { Broker } from './broker.ts';
import type { Group } from './group.ts';
import type { Server, Wire } from './wire.ts';
import type { SimProcess } from './world.ts';

/** What the parts of one process's log share. */
export interface SimLogParts {
  readonly wire: Wire;
  readonly server: Server;
  readonly process: SimProcess;
  readonly broker: Broker;
  readonly group: Group;
  /** How many records a fetch may bring at most: small ones make many batches, large ones overlap. */
  readonly fetched: number;
}

export const REQUEST_TIMEOUT_MS = 10_000;

export const logAway = (): MmmError => new MmmError('LOG_UNAVAILABLE');
