export interface Candidate {
  readonly userId: string;
  /** Cosine of the two unit templates, -1 to 1. */
  readonly score: number;
}

/** Exact search for the people whom a face resembles, over everybody enrolled. */
export interface Identifier {
  /**
   * The closest people, as of every registration and deletion committed before the call.
   * @param probe unit-length template of the gallery's model.
   * @param count most people to return, 1 or more.
   * @returns the closest first; each with their closest template.
   */
  closest(probe: Float32Array, count: number): Promise<Candidate[]>;
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
