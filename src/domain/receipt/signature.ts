import { canonicalJson } from './canonical-json.ts';

/** ERIS and the Edge Agent split the signature at `:`, so a kid has none (C-4, contracts 5.4). */
export const KID_PATTERN = /^[A-Za-z0-9._-]+$/;

const SIGNATURE_PATTERN = /^sig-ed25519:([A-Za-z0-9._-]+):([A-Za-z0-9+/]+={0,2})$/;

const encoder = new TextEncoder();

/** The bytes a receipt's signature stands on: canonical JSON without the member `signature`. */
export const bytesToSign = (receipt: Readonly<Record<string, unknown>>): Uint8Array => {
  const { signature: _, ...unsigned } = receipt;
  return encoder.encode(canonicalJson(unsigned));
};

export const formatSignature = (kid: string, signatureBase64: string): string =>
  `sig-ed25519:${kid}:${signatureBase64}`;

/** Null if the text is not a signature of our form; D-45: anything like `mock-sig-...` is not one. */
export const parseSignature = (text: string): { readonly kid: string; readonly base64: string } | null => {
  const match = SIGNATURE_PATTERN.exec(text);
  return match === null ? null : { kid: match[1]!, base64: match[2]! };
};

export interface SignableText {
  /** Canonical JSON without `signature`: its UTF-8 bytes are what is signed. */
  readonly unsigned: string;
  /** The same text with the signature in its place: canonical JSON again. */
  signed(signature: string): string;
}

/**
 * The two texts of a receipt from one walk over it: writing it twice was a tenth of what a decision cost. `signature` sorts between the members
 * before and after it, so the signed text is the unsigned one, cut there.
 */
export const signableText = (receipt: Readonly<Record<string, unknown>>): SignableText => {
  // Without a prototype: on another object a member named __proto__ would set that instead.
  const first = Object.create(null) as Record<string, unknown>;
  const second = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(receipt)) {
    if (name === 'signature') continue;
    if (name < 'signature') first[name] = receipt[name];
    else second[name] = receipt[name];
  }
  const before = canonicalJson(first).slice(1, -1);
  const after = canonicalJson(second).slice(1, -1);
  const join = (...parts: readonly string[]): string => `{${parts.filter((part) => part !== '').join(',')}}`;
  return {
    unsigned: join(before, after),
    signed: (signature) => join(before, `"signature":${JSON.stringify(signature)}`, after),
  };
};
