import type { Logger } from 'pino';
import { uuidv7 } from 'uuidv7';
import type { AuditOrigin } from '../audit/audit-log.js';
import { ServiceError } from '../errors.js';
import { assertFitForRegistration } from '../faces/face-quality.js';
import type { ExtractedFace, FaceService } from '../faces/face-service.js';
import type { UserKey } from '../protection/user-key.js';
import { UserProtector } from '../protection/user-protector.js';
import type { Vault } from '../protection/vault.js';
import type { ImageStore } from '../storage/image-store.js';
import { withStagedImages } from '../storage/with-staged-images.js';
import { assertLive, noLivenessAsked, type LivenessRule } from './decision/liveness-rule.js';
import type { Receipt } from './idempotency/receipts.js';
import { readFace } from './read-face.js';
import { assertUserId } from './user-id.js';
import type { Database } from '../database/database.js';
import type { EnrolledFace } from './user-repository.js';
import type { User } from '../records.js';
import type { RequestOptions } from './user-service.js';

export interface EnrollerOptions {
  readonly database: Pick<Database, 'users' | 'blobs' | 'protection'>;
  readonly images: ImageStore;
  readonly vault: Vault;
  readonly faces: FaceService;
  /** @default asks for none */
  readonly liveness?: LivenessRule;
  readonly logger: Pick<Logger, 'error'>;
  /**
   * Whether pictures are kept beside their templates.
   * @default true
   */
  readonly keepImages?: boolean;
}

/** A picture whose face is good enough to compare later pictures with. */
export interface Portrait {
  readonly image: Uint8Array;
  readonly face: ExtractedFace;
}

/** Gives people their faces: picture files, rows and templates together or not at all. */
export class Enroller {
  readonly #protector: UserProtector;

  constructor(private readonly options: EnrollerOptions) {
    this.#protector = new UserProtector(options);
  }

  /** @throws ServiceError BAD_ID, USER_EXISTS, or what `examine` throws. */
  async register(id: string, image: Uint8Array, { signal, origin, receipt }: RequestOptions): Promise<User> {
    await this.assertFree(id);
    return this.enrol(id, [await this.examine(image, signal)], origin, receipt);
  }

  /**
   * Gives a user who is registered without a face, as adopted from another system, their first one.
   * @throws ServiceError BAD_ID, USER_NOT_FOUND, USER_EXISTS when the user has a face, or what `examine` throws.
   */
  async complete(id: string, image: Uint8Array, { signal, origin }: RequestOptions): Promise<void> {
    const { users } = this.options.database;
    assertUserId(id);
    const portrait = await this.examine(image, signal);
    const key = await this.keyOf(id);
    await this.store(key, [portrait], ([face]) => users.enrolExisting(key, face, origin));
  }

  /**
   * Only saves an inference: the enrolment itself decides between concurrent registrations.
   * @throws ServiceError BAD_ID, USER_EXISTS.
   */
  async assertFree(id: string): Promise<void> {
    assertUserId(id);
    if (await this.options.database.users.find(id)) throw new ServiceError('USER_EXISTS');
  }

  /**
   * @throws ServiceError CANCELLED, FACE_TURNED_AWAY, FACE_TOO_SMALL, FACE_TOO_BLURRED, FACE_TOO_DARK,
   *   FACE_TOO_BRIGHT, LIVENESS_FAILED, or what FaceService.extract throws.
   */
  async examine(image: Uint8Array, signal: AbortSignal | undefined): Promise<Portrait> {
    const face = await readFace(this.options.faces, image, signal);
    assertFitForRegistration(face);
    assertLive(face, (this.options.liveness ?? noLivenessAsked).registration);
    return { image, face };
  }

  /** Creates a user with portraits of one person. @throws ServiceError USER_EXISTS. */
  async enrol(
    id: string,
    portraits: readonly [Portrait, ...Portrait[]],
    origin: AuditOrigin,
    receipt: Receipt | undefined,
  ): Promise<User> {
    const { users } = this.options.database;
    const user: User = { id, timestamp: new Date(Math.floor(Date.now() / 1000) * 1000) };
    const key = this.options.vault.createKey(id);
    await this.store(key, portraits, ([face, ...moreFaces]) =>
      users.enrol({ user, key, ...face, moreFaces }, origin, receipt),
    );
    return user;
  }

  /** The key that seals what is held about a registered user. @throws ServiceError USER_NOT_FOUND. */
  keyOf(id: string): Promise<UserKey> {
    return this.#protector.keyOf(id);
  }

  /** Writes the files, sealed, then lets `enrol` write the rows; when either fails, the files are withdrawn. */
  store(
    userKey: UserKey,
    portraits: readonly [Portrait, ...Portrait[]],
    enrol: (stored: readonly [EnrolledFace, ...EnrolledFace[]]) => Promise<void>,
  ): Promise<void> {
    const { database, images, logger, keepImages = true } = this.options;
    return withStagedImages({ blobs: database.blobs, images, logger }, async (stage) => {
      const put = async ({ image, face }: Portrait): Promise<EnrolledFace> => {
        const template = { templateId: uuidv7(), modelId: face.modelId, vector: face.template };
        if (!keepImages) return { image: null, template };
        return { image: await stage(face.mediaType, (key) => userKey.sealImage(key, image)), template };
      };
      const [first, ...others] = portraits;
      const stored: [EnrolledFace, ...EnrolledFace[]] = [await put(first)];
      for (const portrait of others) stored.push(await put(portrait));
      await enrol(stored);
    });
  }
}
