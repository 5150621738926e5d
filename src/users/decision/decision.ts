import type { Candidate } from '../../gallery/gallery.js';

export interface MatchRule {
  /** Cosine from which two templates count as the same person, -1 to 1. */
  readonly threshold: number;
  /**
   * How much closer another user must be, in cosine, before the claim is refused.
   * @default 0.01
   */
  readonly margin: number;
}

export const DEFAULT_MARGIN = 0.01;

export interface Decision {
  readonly recognition: string | null;
  readonly verified: boolean;
}

/**
 * The claimed person must pass the threshold, and nobody else may be closer by more than the margin. The second
 * condition can only refuse, so false accepts never exceed the 1:1 rate; the margin keeps a look-alike from locking
 * the genuine person out. At equal scores the claimed person is the recognised one.
 *
 * Recognition is a search over N people: its false positive rate grows as 1 - (1 - FMR)^N.
 * @param claimed best score of the claimed person's own templates.
 * @param other the closest other person, null when there is none.
 * @throws RangeError when a score is not a finite number.
 */
export function decide(
  claimed: Candidate,
  other: Candidate | null,
  { threshold, margin }: MatchRule,
): Decision {
  if (!Number.isFinite(claimed.score) || (other !== null && !Number.isFinite(other.score)))
    throw new RangeError('A score is not a finite number.');
  const best = other !== null && other.score > claimed.score ? other : claimed;
  const outdone = other !== null && other.score > claimed.score + margin;
  return {
    recognition: best.score >= threshold ? best.userId : null,
    verified: claimed.score >= threshold && !outdone,
  };
}
