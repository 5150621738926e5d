import type { ImageMediaType } from './faces/picture/media-type.js';

/** A registered person. */
export interface User {
  /** 1 to 255 code points, no control characters; compared byte by byte. */
  readonly id: string;
  /** Time of registration, whole seconds. */
  readonly timestamp: Date;
}

export interface StoredTemplate {
  readonly templateId: string;
  readonly userId: string;
  /** Catalogue name of the embedder; templates of different models are never compared. */
  readonly modelId: string;
  /** Unit-length embedding. */
  readonly vector: Float32Array;
}

export interface StoredImage {
  /** Blob key of the image file. */
  readonly key: string;
  readonly mediaType: ImageMediaType;
}
