import { API, type ApiName } from './kafka-api-keys.ts';

const HOST = '127.0.0.1';

/** The first version of a reply from which on it may tell a client where to connect in a way that is not known here. */
const UNKNOWN_FROM: Readonly<Partial<Record<ApiName, number>>> = {
  // Addresses in another encoding (KIP-482).
  Metadata: 9,
  FindCoordinator: 3,
  // Leaders with their addresses (KIP-951).
  Produce: 10,
  Fetch: 16,
  DescribeCluster: 0,
  ShareFetch: 0,
  ShareAcknowledge: 0,
};

const unknownFrom = new Map<number, number>(
  Object.entries(UNKNOWN_FROM).map(([name, version]) => [API[name as ApiName], version]),
);

const addressBytes = (host: string, port: number): Buffer => {
  const bytes = Buffer.alloc(2 + host.length + 4);
  bytes.writeInt16BE(host.length);
  bytes.write(host, 2);
  bytes.writeInt32BE(port, 2 + host.length);
  return bytes;
};

/** Where the string behind this one starts. A length of -1 is null. */
const afterString = (body: Buffer, at: number): number => at + 2 + Math.max(0, body.readInt16BE(at));

/** Where each address starts: host (string) and port (int32). */
function* addressesIn(apiKey: number, version: number, body: Buffer): Generator<number> {
  if (apiKey === API.FindCoordinator) {
    // Throttle time, error code, error message, node id, address.
    yield (version >= 1 ? afterString(body, 4 + 2) : 2) + 4;
  } else if (apiKey === API.Metadata) {
    // Throttle time, then the brokers before everything else: node id, address, rack.
    const countAt = version >= 3 ? 4 : 0;
    let at = countAt + 4;
    for (let left = body.readInt32BE(countAt); left > 0; left--) {
      yield at + 4;
      at = afterString(body, at + 4) + 4;
      if (version >= 1) at = afterString(body, at);
    }
  }
}

/**
 * Replaces the broker's port by the proxy's in the body of a reply, in place, and only where the protocol has an address: the same bytes in a record or
 * a name stay what they are. A reply that could lead a client past the proxy is an error, because a fault that no request passes shows nothing.
 */
export const redirect = (apiKey: number, version: number, body: Buffer, from: number, to: number): void => {
  if (version >= (unknownFrom.get(apiKey) ?? Infinity)) {
    throw new Error(`the Kafka proxy cannot redirect replies of api key ${apiKey} in version ${version}`);
  }
  const [broker, proxy] = [addressBytes(HOST, from), addressBytes(HOST, to)];
  for (const at of addressesIn(apiKey, version, body)) {
    // An answer without a coordinator has an empty host.
    if (body.readInt16BE(at) === 0) continue;
    if (!body.subarray(at, at + broker.length).equals(broker)) {
      throw new Error(`the Kafka proxy stands before ${HOST}:${from}, and a reply of api key ${apiKey} names another`);
    }
    proxy.copy(body, at);
  }
};
