export interface WorkerRequest {
  readonly call: number;
  readonly name: string;
  readonly argument: unknown;
}

export type WorkerReply =
  { readonly call: number; readonly result: unknown } | { readonly call: number; readonly error: Error };
