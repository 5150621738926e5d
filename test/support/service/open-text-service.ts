import { join } from 'node:path';
import pino from 'pino';
import type { Gallery } from '../../../src/gallery/gallery.js';
import { LocalImageStore } from '../../../src/storage/local-image-store.js';
import type { Vault } from '../../../src/protection/vault.js';
import type { ImageStore } from '../../../src/storage/image-store.js';
import { FaceUserService } from '../../../src/users/face-user-service.js';
import { Housekeeping } from '../../../src/users/housekeeping.js';
import type { LivenessRule } from '../../../src/users/decision/liveness-rule.js';
import type { Database } from '../../../src/database/database.js';
import { openSqlite } from '../databases/open-sqlite.js';
import { testVault } from '../databases/test-vault.js';
import { textAnchors, TextFaceService, textRule } from './text-face-service.js';
import { ClockWatch } from '../../../src/database/clock-watch.js';

export interface TextServiceOptions {
  readonly folder: string;
  readonly gallery: (database: Database) => Gallery;
  /** Opens the image store; by default a folder below `folder`. */
  readonly openImages?: () => Promise<ImageStore>;
  /** Puts something between the service and its image files. */
  readonly wrapImages?: (images: ImageStore) => ImageStore;
  readonly liveness?: LivenessRule;
}

export interface TextService {
  readonly service: FaceUserService;
  readonly database: Database;
  readonly vault: Vault;
  readonly images: ImageStore;
  readonly faces: TextFaceService;
  readonly housekeeping: Housekeeping;
}

/** The user service over a real database and real files, started as the program does; only faces are text. */
export async function openTextService(options: TextServiceOptions): Promise<TextService> {
  const logger = pino({ level: 'silent' });
  const database = await openSqlite(options.folder);
  const openImages = options.openImages ?? (() => LocalImageStore.open(join(options.folder, 'images')));
  const opened = await openImages();
  const images = options.wrapImages?.(opened) ?? opened;
  const housekeeping = new Housekeeping({
    database,
    clock: new ClockWatch({ databaseNow: () => database.now(), logger }),
    images,
    logger,
  });
  await housekeeping.startAlone();
  const faces = new TextFaceService();
  const service = new FaceUserService({
    database,
    images,
    vault: testVault,
    faces,
    gallery: options.gallery(database),
    rule: textRule,
    anchors: textAnchors,
    ...(options.liveness && { liveness: options.liveness }),
    logger,
  });
  return { service, database, vault: testVault, images, faces, housekeeping };
}
