import { parseArgs } from 'node:util';
import { passed, table } from '../test/soak/report.ts';
import { soak } from '../test/soak/soak.ts';

const USAGE = `Usage: npm run soak -- [--minutes 30] [--rate 150] [--json]
Real stores, two workers, a steady load of every source with bad records among it. Exit code 1 when something grows over its bound or a record is lost.
`;
/** As the test suites: with all four addresses set, those stores are used and none are started. */
function givenStores() {
  const { KAFKA_BOOTSTRAP_SERVERS, SCHEMA_REGISTRY_URL, REDIS_URL, DATABASE_URL } = process.env;
  if (!KAFKA_BOOTSTRAP_SERVERS || !SCHEMA_REGISTRY_URL || !REDIS_URL || !DATABASE_URL) return null;
  return { KAFKA_BOOTSTRAP_SERVERS, SCHEMA_REGISTRY_URL, REDIS_URL, DATABASE_URL };
}

/** Below it no line can be drawn through what is read after the warm-up. */
const LEAST_MINUTES = 1;

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '30' },
      rate: { type: 'string', default: '150' },
      json: { type: 'boolean', default: false },
    },
  });
  const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
  if (!(minutes >= LEAST_MINUTES) || !(rate >= 1)) {
    process.stderr.write(USAGE);
    return 2;
  }
  const report = await soak(
    { minutes, rate, tell: (line) => void process.stderr.write(`soak: ${line}\n`) },
    givenStores(),
  );
  process.stdout.write(`${values.json ? JSON.stringify(report) : table(report)}\n`);
  return passed(report) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
