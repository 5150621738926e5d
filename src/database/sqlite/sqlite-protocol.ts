export interface ConnectionOptions {
  readonly file: string;
  readonly readOnly: boolean;
  /** Statements run once, before anything else. */
  readonly prelude: readonly string[];
}

export type QueryMethod = 'run' | 'all' | 'get' | 'values';

export interface Query {
  readonly sql: string;
  readonly params: readonly unknown[];
  readonly method: QueryMethod;
}

/** What the thread answers: copying an error between threads would lose its result code. */
export type Outcome =
  | { readonly rows: unknown }
  | {
      readonly message: string;
      /** Extended result code, or undefined where the error is not SQLite's. See https://sqlite.org/rescode.html */
      readonly resultCode: number | undefined;
    };
