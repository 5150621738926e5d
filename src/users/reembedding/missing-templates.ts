import type { StoredTemplate } from '../../records.js';

/** An enrolled picture that has no template of some model. */
export interface UnembeddedImage {
  readonly userId: string;
  /** Blob key of the image file. */
  readonly key: string;
}

export interface UnembeddedPage {
  readonly modelId: string;
  /** @default everybody's pictures */
  readonly userId?: string;
  /** Most pictures to return, 1 or more. */
  readonly first: number;
  /** Return only keys that sort after this one. */
  readonly after?: string;
}

/** The pictures still to be embedded after another embedder was chosen, and the only way to add their templates. */
export interface MissingTemplates {
  count(modelId: string): Promise<number>;
  /** In the order of the keys. */
  page(page: UnembeddedPage): Promise<UnembeddedImage[]>;
  /**
   * Adds the template of a picture, with its gallery change.
   * @returns false when the picture is gone, as with its user, or has a template of this model; of concurrent
   *   additions exactly one is true.
   */
  add(image: UnembeddedImage, template: Omit<StoredTemplate, 'userId'>): Promise<boolean>;
}
