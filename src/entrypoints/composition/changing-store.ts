import { uuidIds } from '../../adapters/ids/uuid-ids.ts';
import { LocalCodec, RegistryCodec } from '../../adapters/registry/record-codec.ts';
import { RegistryClient } from '../../adapters/registry/registry-client.ts';
import { createConfigRecords } from '../../admin/commands/config-event.ts';
import type { ConfigRecords } from '../../admin/ports/config-change.ts';
import type { RecordCodec } from '../../pipeline/ports/codec.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Config } from '../../runtime/config.ts';
import { systemClock } from './process-parts.ts';
import { openStore, type Store } from './store.ts';

/** A store whose definitions may be changed: each change is told on `mmm.admin_config`, so who can not tell it can not make it. */
export interface ChangingStore extends Store {
  readonly toRecord: ConfigRecords;
}

/** The codec of this installation's schemas. Throws REGISTRY_UNAVAILABLE, SCHEMA_ID_UNKNOWN. */
export const openCodec = async ({
  distributed,
  namespace,
}: Pick<Config, 'distributed' | 'namespace'>): Promise<RecordCodec> =>
  distributed === null
    ? new LocalCodec()
    : await RegistryCodec.create(new RegistryClient(distributed.registryUrl), namespace, () =>
        systemClock.monotonicMs(),
      );

export const changing = (store: Store, codec: RecordCodec): ChangingStore => ({
  ...store,
  toRecord: createConfigRecords({ codec, ids: uuidIds, clock: systemClock }),
});

/** For a command. The registry is asked before anything is opened: no transaction of a change waits for it. */
export const openChangingStore = async (config: Config, logger: Logger): Promise<ChangingStore> => {
  const codec = await openCodec(config);
  return changing(await openStore(config, logger, 'command'), codec);
};
