import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';

// Only part of the client's names can be imported by name: it builds its exports in a way Node can not see through.
const { CompressionCodecs, CompressionTypes } = kafkajs;
const unzstd = promisify(zstdDecompress);
const zstd = promisify(zstdCompress);

/** A record batch is at most a few MB; a small one that claims to unpack to more is an attack or damage. */
export const MAX_UNPACKED_BYTES = 64 * 1_024 * 1_024;

const notWritten = (name: string) => async (): Promise<never> => {
  throw new Error(`the engine never writes ${name}`);
};

/**
 * The client alone knows gzip and stops for ever at a batch packed otherwise. Producers choose the packing, so all of Kafka's are read;
 * we write none. Sets the client's own table; may be called again.
 */
export function registerDecompression(): void {
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: notWritten('snappy'),
    decompress: async (packed: Buffer) => decompressSnappy(packed, MAX_UNPACKED_BYTES),
  });
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: notWritten('lz4'),
    decompress: async (packed: Buffer) => decompressLz4(packed, MAX_UNPACKED_BYTES),
  });
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder: { buffer: Buffer }) => zstd(encoder.buffer),
    // A streaming producer leaves its last frame open-ended; `flush` takes what is there.
    decompress: async (packed: Buffer) =>
      unzstd(packed, { maxOutputLength: MAX_UNPACKED_BYTES, finishFlush: constants.ZSTD_e_flush }),
  });
}
