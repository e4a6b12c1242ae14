import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import { LocalCodec } from '../../src/adapters/registry/record-codec.ts';
import { createConfigRecords } from '../../src/admin/commands/config-event.ts';

const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };

/** Records of `mmm.admin_config` under the local schema ids. */
export const configRecords = createConfigRecords({ codec: new LocalCodec(), ids: uuidIds, clock });
