export interface BenchOptions {
  /** Fewer repetitions and smaller inputs: to see that everything runs, not to quote. */
  readonly quick: boolean;
}

export interface BenchTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences below the table. */
  readonly notes?: readonly string[];
}

export interface SectionResult {
  readonly tables: readonly BenchTable[];
  /** The same figures for machines: milliseconds, bytes and rates by name. */
  readonly figures: Readonly<Record<string, unknown>>;
  /** Pictures for the document, SVG text by file name. */
  readonly pictures?: Readonly<Record<string, string>>;
}

/** One part of `npm run bench`. */
export interface BenchSection {
  /** What `--only` calls it. */
  readonly name: string;
  readonly title: string;
  run(options: BenchOptions): Promise<SectionResult>;
}
