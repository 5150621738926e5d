import { isErrorCode, ServiceError } from '../../../src/errors.js';
import type { FaceInspection } from '../../../src/users/face-inspection.js';
import type { PageRequest } from '../../../src/users/user-repository.js';
import type { User } from '../../../src/records.js';
import type {
  RegistrationOptions,
  RequestOptions,
  UserService,
  VerificationResult,
} from '../../../src/users/user-service.js';
import { testRequest } from './test-origin.js';

/**
 * Users in memory, without models: a "picture" is text, and two pictures show the same person when the texts are
 * equal. The text `error:CODE` is refused with that code of the catalogue.
 */
export class InMemoryUserService implements UserService {
  readonly faces = new Map<string, { user: User; face: string; images?: number }>();
  /** Runs before every operation, also those of the inspection that goes with it; throw in it, or wait, to see what the interface does. */
  before: (operation: keyof UserService | keyof FaceInspection, options: RequestOptions) => Promise<void> =
    () => Promise.resolve();

  async register(id: string, image: Uint8Array, options: RegistrationOptions): Promise<User> {
    await this.before('register', options);
    const { moreImages = [] } = options;
    const face = this.#read(id, image);
    if (moreImages.some((further) => this.#read(id, further) !== face))
      throw new ServiceError('DIFFERENT_PERSON');
    if (this.faces.has(id)) throw new ServiceError('USER_EXISTS');
    const user = { id, timestamp: new Date('2023-07-23T12:34:56Z') };
    this.faces.set(id, { user, face, images: 1 + moreImages.length });
    return user;
  }

  async addImage(id: string, image: Uint8Array, options: RequestOptions): Promise<{ images: number }> {
    await this.before('addImage', options);
    const face = this.#read(id, image);
    const entry = this.faces.get(id);
    if (entry === undefined) throw new ServiceError('USER_NOT_FOUND');
    if (entry.face !== face) throw new ServiceError('DIFFERENT_PERSON');
    entry.images = (entry.images ?? 1) + 1;
    return { images: entry.images };
  }

  async verify(id: string, image: Uint8Array, options: RequestOptions): Promise<VerificationResult> {
    await this.before('verify', options);
    const face = this.#read(id, image);
    const claimed = this.faces.get(id);
    if (claimed === undefined) throw new ServiceError('INVALID_USER');
    const recognition = [...this.faces.values()].find((other) => other.face === face)?.user.id ?? null;
    const verified = claimed.face === face;
    return { recognition, verified, similarity: verified ? 1 : 0 };
  }

  async remove(id: string, options: RequestOptions): Promise<{ filesDeleted: string[] }> {
    await this.before('remove', options);
    if (!this.faces.delete(id)) throw new ServiceError('USER_NOT_FOUND');
    return { filesDeleted: [`${id}.jpg`] };
  }

  async list({ first, after = '' }: PageRequest): Promise<User[]> {
    await this.before('list', testRequest);
    const users = [...this.faces.values()].map(({ user }) => user);
    return users
      .filter(({ id }) => id > after)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, first);
  }

  #read(id: string, image: Uint8Array): string {
    if (id.length > 255) throw new ServiceError('BAD_ID');
    const face = Buffer.from(image).toString('latin1');
    const code = face.replace('error:', '');
    if (isErrorCode(code)) throw new ServiceError(code);
    return face;
  }
}
