import type { ApiKeyRepository } from '../access/api-key-repository.js';
import type { AuditLog } from '../audit/audit-log.js';
import type { GalleryLog } from '../gallery/gallery-log.js';
import type { Counters } from '../limits/counters.js';
import type { ProtectionRepository } from '../protection/protection-repository.js';
import type { BlobJournal } from '../storage/blob-journal.js';
import type { MissingTemplates } from '../users/reembedding/missing-templates.js';
import type { Receipts } from '../users/idempotency/receipts.js';
import type { UserRepository } from '../users/user-repository.js';
import type { ConsistencyCheck } from './consistency.js';

/** What is open of a database for commands that need no master key. */
export type KeyDatabase = Pick<Database, 'apiKeys' | 'auditLog' | 'close'>;

/** What is open of a database to read what is held about people. */
export type HoldingsDatabase = Pick<Database, 'protection' | 'auditLog' | 'close'>;

/** The right to do what only one node needs to do. */
export interface Lease {
  /** Takes the lease or prolongs it. @returns false while another node holds it. */
  hold(seconds: number): Promise<boolean>;
  /** Leaves it to others, if this node holds it. */
  release(): Promise<void>;
}

/** One open database. */
export interface Database {
  readonly users: UserRepository;
  readonly blobs: BlobJournal;
  readonly gallery: GalleryLog;
  readonly consistency: ConsistencyCheck;
  readonly missingTemplates: MissingTemplates;
  readonly protection: ProtectionRepository;
  readonly auditLog: AuditLog;
  readonly apiKeys: ApiKeyRepository;
  readonly receipts: Receipts;
  /** Absent where no other node uses the database. */
  readonly lease?: Lease;
  /** Absent where no other node uses the database: memory counts as well then, and faster. */
  readonly counters?: Counters;
  /**
   * Overwrites what the database's files still hold of rows deleted before the given time, where they can.
   * @param mostBytes leaves larger files as they are; default: those that would keep requests waiting.
   * @returns whether there was anything to do.
   */
  removeRemnants?(deletedBefore: Date, mostBytes?: number): Promise<boolean>;
  /** The database's clock, in whole seconds: what decides how old something is. */
  now(): Promise<Date>;
  /** Resolves when the database answers; rejects otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
