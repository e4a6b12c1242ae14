import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import { bytesToSign, parseSignature } from '../../domain/receipt/signature.ts';

export type ReceiptFault =
  | 'NOT_UTF8'
  | 'NOT_JSON'
  | 'NOT_A_RECEIPT'
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_FORM'
  | 'KID_UNKNOWN'
  | 'SIGNATURE_WRONG'
  | 'NOT_CANONICAL';

/** What each fault means, for the operator who reads it. */
export const RECEIPT_FAULTS: Readonly<Record<ReceiptFault, string>> = {
  NOT_UTF8: 'the bytes are not UTF-8: damaged, or no receipt',
  NOT_JSON: 'the text is not JSON: damaged or cut off',
  NOT_A_RECEIPT: 'the JSON has no receipt_id',
  SIGNATURE_MISSING: 'the receipt has no signature',
  SIGNATURE_FORM: 'the signature is not sig-ed25519:<kid>:<base64 of 64 bytes>',
  KID_UNKNOWN: 'no public key was given for the kid of the signature',
  SIGNATURE_WRONG: 'a member was altered after signing, or another key signed under this kid',
  NOT_CANONICAL: 'every member is as signed, but the bytes are not (white space, order of members, or a member twice)',
};

export interface ReceiptVerdict {
  /** Null when the text gives none. */
  readonly receiptId: string | null;
  readonly kid: string | null;
  readonly fault: ReceiptFault | null;
}

export interface ReceiptTrust {
  /** PEM SPKI of this kid; undefined when nobody vouches for it. */
  publicKeyOf(kid: string): string | undefined;
  verify(publicKeyPem: string, bytes: Uint8Array, signatureBase64: string): boolean;
}

const SIGNATURE_BYTES = 64;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

type Receipt = Readonly<Record<string, unknown>>;

/** Null for what nobody can have signed: one flipped bit makes 1e302 a number without end, and nesting may exceed the stack. */
const canonicalForms = (receipt: Receipt): { readonly signed: Uint8Array; readonly text: string } | null => {
  try {
    return { signed: bytesToSign(receipt), text: canonicalJson(receipt) };
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return null;
    throw error;
  }
};

/** Base64 has several texts for the same bytes (unused bits of the last letter): only the one we write counts, or an altered byte passes. */
const isOurBase64 = (base64: string): boolean => {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === SIGNATURE_BYTES && bytes.toString('base64') === base64;
};

/**
 * Judges the bytes of one receipt as they were published (contracts 6.4 first row): the signature over the canonical JSON without `signature`,
 * and that the bytes are the canonical ones. So any altered byte is found.
 */
export const verifyReceipt = (bytes: Uint8Array, trust: ReceiptTrust): ReceiptVerdict => {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { receiptId: null, kid: null, fault: 'NOT_UTF8' };
  }
  const receipt = parsed(text);
  if (receipt === undefined) return { receiptId: null, kid: null, fault: 'NOT_JSON' };
  if (typeof receipt !== 'object' || receipt === null || !('receipt_id' in receipt))
    return { receiptId: null, kid: null, fault: 'NOT_A_RECEIPT' };
  const receiptId = String(receipt.receipt_id);
  const written = 'signature' in receipt ? receipt.signature : null;
  if (written === null || written === '') return { receiptId, kid: null, fault: 'SIGNATURE_MISSING' };
  const signature = typeof written === 'string' ? parseSignature(written) : null;
  if (signature === null || !isOurBase64(signature.base64)) return { receiptId, kid: null, fault: 'SIGNATURE_FORM' };
  const { kid, base64 } = signature;
  const key = trust.publicKeyOf(kid);
  if (key === undefined) return { receiptId, kid, fault: 'KID_UNKNOWN' };
  const canonical = canonicalForms(receipt);
  if (canonical === null || !trust.verify(key, canonical.signed, base64))
    return { receiptId, kid, fault: 'SIGNATURE_WRONG' };
  return { receiptId, kid, fault: canonical.text === text ? null : 'NOT_CANONICAL' };
};
