import type { Logger } from 'pino';
import { uuidv7 } from 'uuidv7';
import { ServiceError } from '../errors.js';
import type { ExtractedFace, FaceService } from '../faces/face-service.js';
import type { Gallery } from '../faces/gallery.js';
import { createImageKey } from '../storage/image-key.js';
import type { ImageStore } from '../storage/image-store.js';
import { finishDeletion } from './blob-sweeper.js';
import { decide, type MatchRule } from './decision.js';
import { cosineSimilarity, similarityOf, type SimilarityAnchors } from './similarity.js';
import { assertUserId } from './user-id.js';
import type { Database, PageRequest, StoredTemplate, User } from './user-repository.js';
import type { RequestOptions, UserService, VerificationResult } from './user-service.js';

export interface FaceUserServiceOptions {
  readonly database: Pick<Database, 'users' | 'blobs'>;
  readonly images: ImageStore;
  readonly faces: FaceService;
  readonly gallery: Gallery;
  readonly rule: MatchRule;
  readonly anchors: SimilarityAnchors;
  readonly logger: Pick<Logger, 'error'>;
}

/** Registers, verifies, deletes and lists people by their faces. */
export class FaceUserService implements UserService {
  constructor(private readonly options: FaceUserServiceOptions) {}

  async register(id: string, image: Uint8Array, { signal }: RequestOptions = {}): Promise<User> {
    const { users, blobs } = this.options.database;
    assertUserId(id);
    // Only saves an inference: the enrolment itself decides between concurrent registrations.
    if (await users.find(id)) throw new ServiceError('USER_EXISTS');
    const face = await this.#extract(image, signal);
    const key = createImageKey(face.mediaType);
    await blobs.announce(key);
    try {
      return await this.#enrol(id, key, image, face);
    } catch (error) {
      await this.#withdraw(key);
      throw error;
    }
  }

  async verify(id: string, image: Uint8Array, { signal }: RequestOptions = {}): Promise<VerificationResult> {
    const { database, gallery, rule, anchors } = this.options;
    assertUserId(id);
    if (!(await database.users.find(id))) throw new ServiceError('INVALID_USER');
    const { template: probe, modelId } = await this.#extract(image, signal);
    for (;;) {
      const own = await this.#templatesOf(id, modelId);
      const other = await gallery.bestOther(probe, id);
      // The same templates before and after the search were there during it, so that claim and search describe one
      // moment. Template ids are never used again.
      if (!sameTemplates(own, await this.#templatesOf(id, modelId))) continue;
      const score = Math.max(...own.map(({ vector }) => cosineSimilarity(probe, vector)));
      return {
        ...decide({ userId: id, score }, other, rule),
        similarity: similarityOf(score, anchors),
      };
    }
  }

  async remove(id: string): Promise<{ filesDeleted: string[] }> {
    const { database, images, logger } = this.options;
    assertUserId(id);
    const removed = await database.users.remove(id);
    if (!removed) throw new ServiceError('USER_NOT_FOUND');
    const outcomes = await Promise.allSettled(
      removed.imageKeys.map((key) => finishDeletion(key, database.blobs, images)),
    );
    const failures = outcomes.flatMap((outcome): unknown[] =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    );
    for (const error of failures) logger.error({ err: error }, 'an image file could not be deleted yet');
    if (failures.length > 0) throw new ServiceError('DELETION_UNFINISHED', { cause: failures[0] });
    return { filesDeleted: removed.imageKeys };
  }

  list(page: PageRequest): Promise<User[]> {
    return this.options.database.users.list(page);
  }

  async #extract(image: Uint8Array, signal: AbortSignal | undefined): Promise<ExtractedFace> {
    throwIfCancelled(signal);
    const face = await this.options.faces.extract(image, signal ? { signal } : {});
    throwIfCancelled(signal);
    return face;
  }

  async #enrol(id: string, key: string, image: Uint8Array, face: ExtractedFace): Promise<User> {
    await this.options.images.put(key, image);
    const user: User = { id, timestamp: new Date(Math.floor(Date.now() / 1000) * 1000) };
    await this.options.database.users.enrol({
      user,
      image: { key, mediaType: face.mediaType },
      template: { templateId: uuidv7(), modelId: face.modelId, vector: face.template },
    });
    return user;
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

  /** @throws ServiceError INVALID_USER, or NOT_ENROLLED when the user has no template of this model. */
  async #templatesOf(id: string, modelId: string): Promise<StoredTemplate[]> {
    const { users } = this.options.database;
    const templates = await users.templatesOf(id, modelId);
    if (templates.length > 0) return templates;
    throw new ServiceError((await users.find(id)) ? 'NOT_ENROLLED' : 'INVALID_USER');
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ServiceError('CANCELLED');
}

function sameTemplates(before: readonly StoredTemplate[], after: readonly StoredTemplate[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ templateId }, position) => templateId === after[position]?.templateId)
  );
}
