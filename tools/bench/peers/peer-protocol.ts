import type { LfwPair } from '../../../test/support/pictures/lfw-dev.js';

/** What the process of an engine is asked, one after the other. */
export type PeerRequest =
  /** Times some embeddings of the face in pictures of 640×480. */
  | { readonly ask: 'embedScenes'; readonly runs: number }
  /** Times the embeddings of these pictures out of lfw-dev and keeps them. */
  | { readonly ask: 'embedPictures'; readonly names: readonly string[] }
  /** Compares the embeddings that were kept. */
  | { readonly ask: 'comparePairs'; readonly pairs: readonly LfwPair[] }
  /** Bytes of the most resident memory until now. */
  | { readonly ask: 'peakMemory' };

/** How well an engine tells the pairs apart. */
export interface PairFigures {
  readonly missed: number;
  /** Share of all pairs judged rightly, at the threshold that is best for these pairs; a missed face is a wrong answer. */
  readonly best: number;
  /** Share of the genuine pairs accepted, at the threshold that 1 % of the impostor pairs reach. */
  readonly acceptedAt1Percent: number;
}

/** What it answers: first that it is loaded, then to each request, in milliseconds where times are asked for. */
export interface PeerReplies {
  readonly loaded: { readonly name: string; readonly loadMs: number };
  readonly embedScenes: readonly number[];
  readonly embedPictures: readonly number[];
  readonly comparePairs: PairFigures;
  readonly peakMemory: number;
}
