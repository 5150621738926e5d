export interface Candidate {
  readonly userId: string;
  /** Cosine of the two unit templates, -1 to 1. */
  readonly score: number;
}

/** Exact 1:N search over everybody enrolled. */
export interface Gallery {
  /**
   * The closest user other than `userId`, as of every registration and deletion committed before the call.
   * @param probe unit-length template of the gallery's model.
   * @returns null when nobody else is enrolled.
   */
  bestOther(probe: Float32Array, userId: string): Promise<Candidate | null>;
  /** Number of templates held. */
  readonly size: number;
}
