import { Arg, Ctx, Int, Mutation, Resolver } from 'type-graphql';
import { ServiceError } from '../../errors.js';
import type { FacialPoints } from '../../faces/find/facial-points.js';
import type { FaceAnalysis, FaceComparison, FaceInspection } from '../../users/face-inspection.js';
import type { RequestContext } from '../middleware/request-context.js';
import { IMAGE_DESCRIPTION, uploadScalar } from './uploads/image-upload.js';
import type { ImageUpload } from './uploads/image-upload.js';
import { CompareFacesResult, FaceAnalysisType, IdentifyFaceResult } from './inspection-types.js';
import { readUpload } from './uploads/read-upload.js';
import { requestOptions } from './request-options.js';

/** Most people that one `identifyFace` returns. */
export const MAX_CANDIDATES = 100;

/** How many people `identifyFace` returns by default. */
const USUAL_CANDIDATES = 10;

/**
 * Mutations although they store nothing, like `verifyUser`: clients such as Apollo Client keep the answers of queries
 * by their variables as JSON, in which every picture is `{}`, and would give one picture the answer of another.
 */
@Resolver()
export class InspectionResolver {
  constructor(
    private readonly inspection: FaceInspection,
    private readonly maxImageBytes: number,
  ) {}

  @Mutation(() => FaceAnalysisType, {
    description: 'Measures the largest face of a picture, however bad the picture is. Stores nothing.',
  })
  async analyseFace(
    @Arg('image', () => uploadScalar, { description: IMAGE_DESCRIPTION }) image: ImageUpload,
    @Ctx() context: RequestContext,
  ): Promise<Omit<FaceAnalysis, 'points'> & { landmarks: FacialPoints }> {
    const bytes = await readUpload(image, this.maxImageBytes, context.memory);
    const { points, ...analysis } = await this.inspection.analyse(bytes, requestOptions(context));
    return { ...analysis, landmarks: points };
  }

  @Mutation(() => CompareFacesResult, {
    description: 'Tells whether two pictures show the same person. Stores nothing.',
  })
  async compareFaces(
    @Arg('first', () => uploadScalar, { description: IMAGE_DESCRIPTION }) first: ImageUpload,
    @Arg('second', () => uploadScalar, { description: IMAGE_DESCRIPTION }) second: ImageUpload,
    @Ctx() context: RequestContext,
  ): Promise<FaceComparison> {
    // Both at once: the parts may arrive in any order.
    const [one, two] = await Promise.all([
      readUpload(first, this.maxImageBytes, context.memory),
      readUpload(second, this.maxImageBytes, context.memory),
    ]);
    return this.inspection.compare(one, two, requestOptions(context));
  }

  @Mutation(() => IdentifyFaceResult, {
    description:
      'Finds the registered people whom a face resembles. Stores nothing. Off unless the operator allows it: ' +
      'compared with N people, the false match rate of one comparison is multiplied by about N.',
  })
  async identifyFace(
    @Arg('image', () => uploadScalar, { description: IMAGE_DESCRIPTION }) image: ImageUpload,
    @Arg('first', () => Int, {
      nullable: true,
      description: `How many people to return at most, 1 to ${MAX_CANDIDATES}; ${USUAL_CANDIDATES} unless given.`,
    })
    first: number | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<{ candidates: { id: string; similarity: number }[] }> {
    const bytes = await readUpload(image, this.maxImageBytes, context.memory);
    const count = first ?? USUAL_CANDIDATES;
    if (count < 1 || count > MAX_CANDIDATES)
      throw new ServiceError('BAD_PAGE', { message: `first must be 1 to ${MAX_CANDIDATES}` });
    const identified = await this.inspection.identify(bytes, count, requestOptions(context));
    return { candidates: identified.map(({ userId, similarity }) => ({ id: userId, similarity })) };
  }
}
