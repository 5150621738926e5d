import type { Logger } from 'pino';
import type { MasterKey } from '../protection/master-key.js';
import type { AuditLog } from './audit-log.js';
import { writeCheckpoint } from './checkpoint.js';

const DAY_MS = 86_400_000;

export interface AuditCheckpointsOptions {
  readonly log: Pick<AuditLog, 'head'>;
  readonly masterKey: MasterKey;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  /** @default a day */
  readonly intervalMs?: number;
}

/** Puts signed checkpoints of the audit log into the log of the program: at the start, every day and at the end. */
export class AuditCheckpoints {
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: AuditCheckpointsOptions) {}

  start(): void {
    this.#writing = this.#write();
    this.#timer = setInterval(() => {
      this.#writing = this.#write();
    }, this.options.intervalMs ?? DAY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    if (this.#timer !== undefined) await this.#write();
  }

  /** Never rejects: it logs its own failures. */
  async #write(): Promise<void> {
    const { log, masterKey, logger } = this.options;
    try {
      const checkpoint = writeCheckpoint(await log.head(), new Date(), masterKey);
      logger.info({ checkpoint }, 'checkpoint of the audit log');
    } catch (error) {
      logger.error({ err: error }, 'the audit log could not be read for a checkpoint');
    }
  }
}
