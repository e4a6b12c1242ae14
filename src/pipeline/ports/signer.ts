/** Signs receipts with Ed25519. Deterministic: the same text gives the same signature. */
export interface ReceiptSigner {
  readonly kid: string;
  /** One signature in base64 for each text's UTF-8 bytes, in their order. */
  sign(texts: readonly string[]): Promise<readonly string[]>;
}
