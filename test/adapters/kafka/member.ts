import { TestCluster, brokers } from './cluster.ts';

/** A member of the decide group in a process of its own, to be killed. Prints a line per assigned partition. */
const cluster = new TestCluster(brokers(), process.env['MMM_TEST_NAMESPACE']);
await cluster.admin.connect();
await cluster.newGroup().start({
  assigned: (partition) => void process.stdout.write(`assigned ${partition}\n`),
  revoked: () => undefined,
});
