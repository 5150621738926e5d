import { ServiceError } from '../errors.js';
import type { ExtractedFace } from '../faces/face-service.js';
import type { Claim, ClaimExaminer } from './claim.js';
import { decide, type MatchRule } from './decision/decision.js';
import type { Enroller } from './enroller.js';
import { MAX_IMAGES_PER_USER } from './image-limits.js';
import { assertUserId } from './user-id.js';
import type { Database } from '../database/database.js';
import type { RequestOptions } from './user-service.js';

export interface ImageAdderOptions {
  readonly database: Pick<Database, 'users'>;
  readonly claims: ClaimExaminer;
  readonly rule: MatchRule;
  readonly enroller: Enroller;
}

/**
 * Adds pictures to people who are enrolled. A picture must verify as the person: another person's would let that
 * person in under this id from then on.
 */
export class ImageAdder {
  constructor(private readonly options: ImageAdderOptions) {}

  /**
   * @throws ServiceError BAD_ID, USER_NOT_FOUND, NOT_ENROLLED, IMAGE_LIMIT, DIFFERENT_PERSON, RESEMBLES_OTHER, or what
   *   Enroller.examine throws.
   * @returns how many pictures the user has now.
   */
  async add(
    id: string,
    image: Uint8Array,
    { signal, origin, receipt }: RequestOptions,
  ): Promise<{ images: number }> {
    const { database, enroller } = this.options;
    assertUserId(id);
    if (!(await database.users.find(id))) throw new ServiceError('USER_NOT_FOUND');
    const portrait = await enroller.examine(image, signal);
    let besides = await this.#accept(id, portrait.face, signal);
    const key = await enroller.keyOf(id);
    await enroller.store(key, [portrait], async ([face]) => {
      // Deleted, registered again or given another picture in the meantime: the question is another one then.
      while (!(await database.users.addFace(key, besides, face, origin, receipt)))
        besides = await this.#accept(id, portrait.face);
    });
    return { images: besides.length + 1 };
  }

  /** @returns ids of the templates that the face was compared with. */
  async #accept(id: string, face: ExtractedFace, signal?: AbortSignal): Promise<readonly string[]> {
    const { rule } = this.options;
    const { templateIds, claimed, other } = await this.#claim(id, face, signal);
    if (templateIds.length >= MAX_IMAGES_PER_USER) throw new ServiceError('IMAGE_LIMIT');
    if (!decide(claimed, other, rule).verified)
      throw new ServiceError(claimed.score >= rule.threshold ? 'RESEMBLES_OTHER' : 'DIFFERENT_PERSON');
    return templateIds;
  }

  async #claim(id: string, face: ExtractedFace, signal?: AbortSignal): Promise<Claim> {
    try {
      return await this.options.claims.examine(id, face, signal);
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'INVALID_USER')
        throw new ServiceError('USER_NOT_FOUND');
      throw error;
    }
  }
}
