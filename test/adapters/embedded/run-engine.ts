import { startEmbeddedPostgres } from '../../../src/adapters/embedded/embedded-postgres.ts';
import { silent } from '../postgres/silent-logger.ts';

/** A process that holds the database of a data folder until it is killed: what a running engine is to its data folder. */
const server = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', logger: silent });
process.stdout.write(`${JSON.stringify({ url: server.url, pid: server.pid })}\n`);
setInterval(() => undefined, 60_000);
