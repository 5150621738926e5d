import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, ID, Info, Int, Mutation, Query, Resolver } from 'type-graphql';
import { ServiceError } from '../../errors.js';
import type { User } from '../../records.js';
import type { UserService, VerificationResult } from '../../users/user-service.js';
import { MAX_IMAGES_PER_REGISTRATION, MAX_IMAGES_PER_USER } from '../../users/image-limits.js';
import { messages } from '../messages.js';
import type { RequestContext } from '../middleware/request-context.js';
import { IMAGE_DESCRIPTION, uploadScalar } from './uploads/image-upload.js';
import type { ImageUpload } from './uploads/image-upload.js';
import { MAX_USERS_PER_QUERY } from './operations/list-limits.js';
import { readUpload } from './uploads/read-upload.js';
import { repeatableOptions } from './request-options.js';
import {
  AddUserImageResult,
  DeleteUserResult,
  RegisterUserResult,
  UserType,
  VerifyUserResult,
} from './user-types.js';

const ID_DESCRIPTION = '1 to 255 characters, no control characters; compared exactly.';

@Resolver()
export class UserResolver {
  constructor(
    private readonly userService: UserService,
    private readonly maxImageBytes: number,
  ) {}

  @Query(() => [UserType], {
    description: `Registered users by id, ${MAX_USERS_PER_QUERY} at most; page with \`first\` and \`after\`.`,
  })
  async users(
    @Arg('first', () => Int, {
      nullable: true,
      description: `How many users to return, 1 to ${MAX_USERS_PER_QUERY}; ${MAX_USERS_PER_QUERY} unless given.`,
    })
    first: number | null | undefined,
    @Arg('after', () => ID, {
      nullable: true,
      description: 'Return only users whose id sorts after this one: the last id of the page before.',
    })
    after: string | null | undefined,
  ): Promise<User[]> {
    const limit = first ?? MAX_USERS_PER_QUERY;
    if (limit < 1 || limit > MAX_USERS_PER_QUERY)
      throw new ServiceError('BAD_PAGE', { message: `first must be 1 to ${MAX_USERS_PER_QUERY}` });
    return this.userService.list({ first: limit, ...(typeof after === 'string' && { after }) });
  }

  @Mutation(() => RegisterUserResult, {
    description:
      'Registers a person with one or more pictures: the id must be new, each picture must show one face, all of ' +
      'them the same person. All pictures are stored or none.',
  })
  async registerUser(
    @Arg('id', () => ID, { description: `Id for the new user: ${ID_DESCRIPTION}` }) id: string,
    @Arg('image', () => uploadScalar, { description: IMAGE_DESCRIPTION }) image: ImageUpload,
    @Arg('moreImages', () => [uploadScalar], {
      nullable: true,
      description: `Further pictures of the same person, ${MAX_IMAGES_PER_REGISTRATION - 1} at most: they make recognition more reliable.`,
    })
    moreImages: ImageUpload[] | null | undefined,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<{ message: string; user: User }> {
    const read = (upload: ImageUpload) => readUpload(upload, this.maxImageBytes, context.memory);
    // All at once: the parts may arrive in any order.
    const [bytes, more] = await Promise.all([read(image), Promise.all((moreImages ?? []).map(read))]);
    const user = await this.userService.register(id, bytes, {
      ...repeatableOptions(context, info),
      moreImages: more,
    });
    return { message: messages.registered, user };
  }

  @Mutation(() => AddUserImageResult, {
    description:
      `Adds a picture to a registered person, up to ${MAX_IMAGES_PER_USER}, so that they are recognised more reliably. ` +
      'The picture must match those already there, and nobody else clearly more.',
  })
  async addUserImage(
    @Arg('id', () => ID, { description: `Id of the person: ${ID_DESCRIPTION}` }) id: string,
    @Arg('image', () => uploadScalar, { description: IMAGE_DESCRIPTION }) image: ImageUpload,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<{ message: string; images: number }> {
    const bytes = await readUpload(image, this.maxImageBytes, context.memory);
    const { images } = await this.userService.addImage(id, bytes, repeatableOptions(context, info));
    return { message: messages.imageAdded, images };
  }

  @Mutation(() => VerifyUserResult, {
    description: 'Compares a picture with the person it is claimed to show. Stores nothing.',
  })
  async verifyUser(
    @Arg('id', () => ID, { description: `Id of the claimed person: ${ID_DESCRIPTION}` }) id: string,
    @Arg('image', () => uploadScalar, { description: IMAGE_DESCRIPTION }) image: ImageUpload,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<VerificationResult & { message: string }> {
    const bytes = await readUpload(image, this.maxImageBytes, context.memory);
    const { recognition, verified, similarity } = await this.userService.verify(
      id,
      bytes,
      repeatableOptions(context, info),
    );
    return { message: messages.verified, recognition, verified, similarity };
  }

  @Mutation(() => DeleteUserResult, {
    description: 'Deletes a person: user, face templates and image files.',
  })
  async deleteUser(
    @Arg('id', () => ID, { description: `Id of the user to delete: ${ID_DESCRIPTION}` }) id: string,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<{ message: string; filesDeleted: string[] }> {
    const { filesDeleted } = await this.userService.remove(id, repeatableOptions(context, info));
    return { message: messages.deleted, filesDeleted };
  }
}
