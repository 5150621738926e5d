import type { Request } from 'express';
import type { StorageEngine } from 'multer';
import type { MemoryAccount } from '../middleware/memory-budget.js';
import { readStream } from '../read-stream.js';

/** Multer's memory storage, within what the service may keep for all requests together. */
export class BoundedMemoryStorage implements StorageEngine {
  constructor(
    private readonly maxBytes: number,
    private readonly memory: MemoryAccount,
  ) {}

  _handleFile(
    _request: Request,
    file: Express.Multer.File,
    callback: (error?: unknown, info?: Partial<Express.Multer.File>) => void,
  ): void {
    readStream(file.stream, this.maxBytes, this.memory).then(
      (buffer) => {
        callback(null, { buffer, size: buffer.length });
      },
      (error: unknown) => {
        callback(error);
      },
    );
  }

  _removeFile(_request: Request, _file: Express.Multer.File, callback: (error: Error | null) => void): void {
    callback(null);
  }
}
