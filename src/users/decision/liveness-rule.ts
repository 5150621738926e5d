import type { LivenessSettings } from '../../config/config.js';
import { ServiceError } from '../../errors.js';
import type { ExtractedFace } from '../../faces/face-service.js';

/** Least liveness that is asked for, 0 to 1; null asks for none. */
export interface LivenessRule {
  /** Rule for pictures that are kept: at registration, and when a picture is added. */
  readonly registration: number | null;
  readonly verification: number | null;
}

export const noLivenessAsked: LivenessRule = { registration: null, verification: null };

export function livenessRule({ askedFor, threshold }: LivenessSettings): LivenessRule {
  switch (askedFor) {
    case 'off':
      return noLivenessAsked;
    case 'verify':
      return { registration: null, verification: threshold };
    case 'register-and-verify':
      return { registration: threshold, verification: threshold };
  }
}

/** Refuses a face whose liveness was not measured. */
export function livenessProblem(
  { liveness }: Pick<ExtractedFace, 'liveness'>,
  least: number | null,
): 'LIVENESS_FAILED' | null {
  return least === null || (liveness !== null && liveness >= least) ? null : 'LIVENESS_FAILED';
}

/** @throws ServiceError LIVENESS_FAILED. */
export function assertLive(face: Pick<ExtractedFace, 'liveness'>, least: number | null): void {
  const problem = livenessProblem(face, least);
  if (problem !== null) throw new ServiceError(problem);
}
