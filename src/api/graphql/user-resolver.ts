import { Arg, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import { ServiceError } from '../../errors.js';
import type { User } from '../../users/user-repository.js';
import type { UserService, VerificationResult } from '../../users/user-service.js';
import { messages } from '../messages.js';
import type { RequestContext } from '../operations/request-context.js';
import { uploadScalar } from './image-upload.js';
import type { ImageUpload } from './image-upload.js';
import { readUpload } from './read-upload.js';
import { DeleteUserResult, RegisterUserResult, UserType, VerifyUserResult } from './user-types.js';

/** Most users that one `users` query returns, and how many it returns when not told. */
export const maxUsersPerQuery = 10_000;

const idDescription = '1 to 255 characters, no control characters; compared exactly.';
const imageDescription = 'JPEG, PNG, WebP or AVIF picture of one face.';

@Resolver()
export class UserResolver {
  constructor(
    private readonly userService: UserService,
    private readonly maxImageBytes: number,
  ) {}

  @Query(() => [UserType], {
    description: `Registered users by id, ${maxUsersPerQuery} at most; page with \`first\` and \`after\`.`,
  })
  async users(
    @Arg('first', () => Int, {
      nullable: true,
      description: `How many users to return, 1 to ${maxUsersPerQuery}; ${maxUsersPerQuery} unless given.`,
    })
    first: number | null | undefined,
    @Arg('after', () => ID, {
      nullable: true,
      description: 'Return only users whose id sorts after this one: the last id of the page before.',
    })
    after: string | null | undefined,
  ): Promise<User[]> {
    const limit = first ?? maxUsersPerQuery;
    if (limit < 1 || limit > maxUsersPerQuery)
      throw new ServiceError('BAD_PAGE', { message: `first must be 1 to ${maxUsersPerQuery}` });
    return this.userService.list({ first: limit, ...(typeof after === 'string' && { after }) });
  }

  @Mutation(() => RegisterUserResult, {
    description: 'Registers a person with one picture: the id must be new, the picture must show one face.',
  })
  async registerUser(
    @Arg('id', () => ID, { description: `Id for the new user: ${idDescription}` }) id: string,
    @Arg('image', () => uploadScalar, { description: imageDescription }) image: ImageUpload,
    @Ctx() { signal, memory }: RequestContext,
  ): Promise<{ message: string; user: User }> {
    const bytes = await readUpload(image, this.maxImageBytes, memory);
    const user = await this.userService.register(id, bytes, { signal });
    return { message: messages.registered, user };
  }

  @Mutation(() => VerifyUserResult, {
    description: 'Compares a picture with the person it is claimed to show. Stores nothing.',
  })
  async verifyUser(
    @Arg('id', () => ID, { description: `Id of the claimed person: ${idDescription}` }) id: string,
    @Arg('image', () => uploadScalar, { description: imageDescription }) image: ImageUpload,
    @Ctx() { signal, memory }: RequestContext,
  ): Promise<VerificationResult & { message: string }> {
    const bytes = await readUpload(image, this.maxImageBytes, memory);
    const { recognition, verified, similarity } = await this.userService.verify(id, bytes, { signal });
    return { message: messages.verified, recognition, verified, similarity };
  }

  @Mutation(() => DeleteUserResult, {
    description: 'Deletes a person: user, face templates and image files.',
  })
  async deleteUser(
    @Arg('id', () => ID, { description: `Id of the user to delete: ${idDescription}` }) id: string,
  ): Promise<{ message: string; filesDeleted: string[] }> {
    const { filesDeleted } = await this.userService.remove(id);
    return { message: messages.deleted, filesDeleted };
  }
}
