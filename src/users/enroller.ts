import type { Logger } from 'pino';
import { uuidv7 } from 'uuidv7';
import { ServiceError } from '../errors.js';
import type { ExtractedFace, FaceService } from '../faces/face-service.js';
import { createImageKey } from '../storage/image-key.js';
import type { ImageStore } from '../storage/image-store.js';
import { finishDeletion } from './blob-sweeper.js';
import { assertUserId } from './user-id.js';
import type { Database, EnrolledFace, User } from './user-repository.js';
import type { RequestOptions } from './user-service.js';

export interface EnrollerOptions {
  readonly database: Pick<Database, 'users' | 'blobs'>;
  readonly images: ImageStore;
  readonly faces: FaceService;
  readonly logger: Pick<Logger, 'error'>;
}

/** Gives people their faces: picture file, rows and template together or not at all. */
export class Enroller {
  constructor(private readonly options: EnrollerOptions) {}

  /** @throws ServiceError BAD_ID, USER_EXISTS, or what FaceService.extract throws. */
  async register(id: string, image: Uint8Array, { signal }: RequestOptions = {}): Promise<User> {
    const { users } = this.options.database;
    assertUserId(id);
    // Only saves an inference: the enrolment itself decides between concurrent registrations.
    if (await users.find(id)) throw new ServiceError('USER_EXISTS');
    const face = await this.extract(image, signal);
    const user: User = { id, timestamp: new Date(Math.floor(Date.now() / 1000) * 1000) };
    await this.#store(image, face, (stored) => users.enrol({ user, ...stored }));
    return user;
  }

  /**
   * Gives a user who is registered without a face, as adopted from another system, their first one.
   * @throws ServiceError BAD_ID, USER_NOT_FOUND, USER_EXISTS when the user has a face, or what FaceService.extract
   *   throws.
   */
  async complete(id: string, image: Uint8Array, { signal }: RequestOptions = {}): Promise<void> {
    const { users } = this.options.database;
    assertUserId(id);
    const face = await this.extract(image, signal);
    await this.#store(image, face, (stored) => users.enrolExisting(id, stored));
  }

  /** The face in a picture, unless the client went away. */
  async extract(image: Uint8Array, signal: AbortSignal | undefined): Promise<ExtractedFace> {
    throwIfCancelled(signal);
    const face = await this.options.faces.extract(image, signal ? { signal } : {});
    throwIfCancelled(signal);
    return face;
  }

  async #store(
    image: Uint8Array,
    face: ExtractedFace,
    enrol: (stored: EnrolledFace) => Promise<void>,
  ): Promise<void> {
    const { database, images } = this.options;
    const key = createImageKey(face.mediaType);
    await database.blobs.announce(key);
    try {
      await images.put(key, image);
      await enrol({
        image: { key, mediaType: face.mediaType },
        template: { templateId: uuidv7(), modelId: face.modelId, vector: face.template },
      });
    } catch (error) {
      await this.#withdraw(key);
      throw error;
    }
  }

  /** Undoes an announcement. What fails here is left to the housekeeping. */
  async #withdraw(key: string): Promise<void> {
    const { database, images, logger } = this.options;
    try {
      if (await database.blobs.abandon(key)) await finishDeletion(key, database.blobs, images);
    } catch (error) {
      logger.error({ err: error }, 'an unfinished registration could not be cleaned up yet');
    }
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ServiceError('CANCELLED');
}
