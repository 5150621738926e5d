import type { AuditOrigin } from '../audit/audit-log.js';
import { ServiceError } from '../errors.js';
import { scoreOf } from './claim.js';
import type { MatchRule } from './decision/decision.js';
import type { Enroller, Portrait } from './enroller.js';
import type { Receipt } from './idempotency/receipts.js';
import { MAX_IMAGES_PER_REGISTRATION } from './image-limits.js';
import type { User } from '../records.js';

export interface JointRegistration {
  readonly id: string;
  readonly images: readonly [Uint8Array, ...Uint8Array[]];
  readonly signal: AbortSignal | undefined;
  readonly origin: AuditOrigin;
  readonly receipt: Receipt | undefined;
}

/**
 * Registers a person with several pictures, all of them or none. Each picture must match those before it, as one that
 * is added later must.
 * @throws ServiceError IMAGE_COUNT, DIFFERENT_PERSON, or what Enroller.register throws.
 */
export async function registerTogether(
  enroller: Enroller,
  { threshold }: Pick<MatchRule, 'threshold'>,
  { id, images: [first, ...others], signal, origin, receipt }: JointRegistration,
): Promise<User> {
  if (others.length >= MAX_IMAGES_PER_REGISTRATION)
    throw new ServiceError('IMAGE_COUNT', {
      message: `Register a person with at most ${MAX_IMAGES_PER_REGISTRATION} images`,
    });
  await enroller.assertFree(id);
  const portraits: [Portrait, ...Portrait[]] = [
    await orNamed(1 + others.length, 1, () => enroller.examine(first, signal)),
  ];
  for (const image of others) {
    const place = portraits.length + 1;
    const portrait = await orNamed(1 + others.length, place, () => enroller.examine(image, signal));
    const score = scoreOf(
      portrait.face.template,
      portraits.map(({ face }) => face.template),
    );
    if (!(score >= threshold))
      throw new ServiceError('DIFFERENT_PERSON', {
        message: `Image ${place} does not seem to show the same person as the images before it`,
      });
    portraits.push(portrait);
  }
  return enroller.enrol(id, portraits, origin, receipt);
}

/** Says which of several pictures was refused. */
async function orNamed<Result>(count: number, place: number, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (count === 1 || !(error instanceof ServiceError) || error.retryable) throw error;
    throw new ServiceError(error.code, { message: `Image ${place}: ${error.message}`, cause: error.cause });
  }
}
