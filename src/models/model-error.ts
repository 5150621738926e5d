/** A model file cannot be built or used; the message names the file, what was wrong with it and what to do. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}
