/** Something that should not be, with the way to mend it. */
export interface Finding {
  /** One sentence: what is wrong, and with what. */
  readonly problem: string;
  /** What `repair` does, or what a person has to do. */
  readonly remedy: string;
  /** Absent where only a person can decide. @returns whether it is mended; false when it has to wait. */
  readonly repair?: () => Promise<boolean>;
}
