import { ServiceError } from '../errors.js';
import type { MemoryAccount } from './middleware/memory-budget.js';

/** Reads a picture into memory. @throws ServiceError IMAGE_TOO_LARGE above `maxBytes`, or what the account throws. */
export async function readStream(
  stream: AsyncIterable<Buffer>,
  maxBytes: number,
  memory: MemoryAccount,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) throw new ServiceError('IMAGE_TOO_LARGE');
    memory.take(chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
