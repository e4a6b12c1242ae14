/** Signs receipts with Ed25519. Deterministic: the same bytes give the same signature. */
export interface ReceiptSigner {
  readonly kid: string;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
