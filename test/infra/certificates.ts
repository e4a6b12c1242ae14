import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** Certificates of a test's own authority, as RFC 5280 writes them; made anew each time, so that no key lies in the repository. */
export interface Identity {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS#8. */
  readonly key: string;
}

export interface Authority extends Identity {
  /** For a server on the loopback, or for a client: both may show it. */
  issue(commonName: string): Identity;
}

const SERIAL_BYTES = 15;
const DAY_MS = 86_400_000;
const LOOPBACK = Buffer.from([127, 0, 0, 1]);

// DER: a tag, a length, the content.
const der = (tag: number, ...content: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  const { length } = body;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), body]);
};
const sequence = (...content: readonly Buffer[]): Buffer => der(0x30, ...content);
const integer = (bytes: Buffer): Buffer => der(0x02, bytes);
const octets = (content: Buffer): Buffer => der(0x04, content);
const bits = (content: Buffer, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const TRUE = der(0x01, Buffer.from([0xff]));

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const SUBJECT_ALTERNATIVE_NAME = oid('551d11');
const BASIC_CONSTRAINTS = oid('551d13');
const KEY_USAGE = oid('551d0f');
const KEY_CERT_SIGN = bits(Buffer.from([0x04]), 2);

const nameOf = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(commonName)))));

const utcTime = (ms: number): Buffer =>
  der(0x17, Buffer.from(new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14) + 'Z'));

const critical = (name: Buffer, value: Buffer): Buffer => sequence(name, TRUE, octets(value));

const AUTHORITY = [critical(BASIC_CONSTRAINTS, sequence(TRUE)), critical(KEY_USAGE, KEY_CERT_SIGN)];
const LEAF = [
  sequence(SUBJECT_ALTERNATIVE_NAME, octets(sequence(der(0x82, Buffer.from('localhost')), der(0x87, LOOPBACK)))),
];

const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes.toString('base64').replaceAll(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;

const certify = (
  subject: string,
  publicKey: KeyObject,
  issuer: { readonly name: string; readonly key: KeyObject },
  extensions: readonly Buffer[],
): string => {
  const now = Date.now();
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    // Positive: the first bit of an integer is its sign.
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(SERIAL_BYTES)])),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    sequence(utcTime(now - DAY_MS), utcTime(now + DAY_MS)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  return pem('CERTIFICATE', sequence(toBeSigned, ECDSA_WITH_SHA256, bits(sign('sha256', toBeSigned, issuer.key))));
};

const newKeys = (): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

export const newAuthority = (name = 'test authority'): Authority => {
  const own = newKeys();
  const issuer = { name, key: own.privateKey };
  return {
    cert: certify(name, own.publicKey, issuer, AUTHORITY),
    key: pemOf(own.privateKey),
    issue: (commonName) => {
      const keys = newKeys();
      return { cert: certify(commonName, keys.publicKey, issuer, LEAF), key: pemOf(keys.privateKey) };
    },
  };
};
