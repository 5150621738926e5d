import type { AuditEvent, AuditLog } from './audit-log.js';

interface Waiting {
  readonly event: AuditEvent;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Most entries of one transaction. */
const BATCH_SIZE = 256;

/** Appends to the audit log; what comes while a transaction is under way shares the next one. */
export class AuditWriter {
  readonly #waiting: Waiting[] = [];
  #writing = false;

  constructor(private readonly log: Pick<AuditLog, 'append'>) {}

  /** Resolves when the entry is durable. @throws what the log throws. */
  append(event: AuditEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      void this.#write();
    });
  }

  async #write(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_SIZE);
      try {
        await this.log.append(batch.map(({ event }) => event));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#writing = false;
  }
}
