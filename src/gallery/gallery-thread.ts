import '../onnx/no-telemetry.js';
import { WorkerClient } from '../threads/worker-client.js';
import type { GalleryChange } from './gallery-log.js';
import type { StoredTemplate } from '../records.js';
import type { Candidate } from './gallery.js';
import type { TemplateBatch } from './gallery-index.js';
import type { ClosestSearch, GallerySearch, GalleryWorkerData } from './gallery-worker.js';

/** The gallery's index on its own thread. Calls take effect in the order they are made. */
export class GalleryThread {
  readonly #client: WorkerClient;
  readonly #dimension: number;
  #size = 0;

  constructor(options: GalleryWorkerData, onCrash: (reason: Error) => void) {
    this.#dimension = options.dimension;
    this.#client = new WorkerClient({
      source: 'src/gallery/gallery-worker.ts',
      workerData: options,
      onCrash,
    });
  }

  /** Number of templates held after the last change. */
  get size(): number {
    return this.#size;
  }

  async add(templates: readonly StoredTemplate[]): Promise<void> {
    if (templates.length === 0) return;
    const vectors = new Float32Array(templates.length * this.#dimension);
    for (const [place, { vector }] of templates.entries()) vectors.set(vector, place * this.#dimension);
    const batch: TemplateBatch = {
      templateIds: templates.map((template) => template.templateId),
      userIds: templates.map((template) => template.userId),
      vectors,
    };
    this.#size = await this.#client.call<number>('add', batch, [vectors.buffer]);
  }

  async remove(templateIds: readonly string[]): Promise<void> {
    if (templateIds.length > 0) this.#size = await this.#client.call<number>('remove', templateIds);
  }

  /** Applies changes in their order, as few calls as that allows. */
  async apply(changes: readonly GalleryChange[]): Promise<void> {
    const added: StoredTemplate[] = [];
    const removed: string[] = [];
    for (const change of changes) {
      if (change.op === 'add') {
        await this.remove(removed.splice(0));
        added.push(change.template);
      } else {
        await this.add(added.splice(0));
        removed.push(change.templateId);
      }
    }
    // At most one of the two is left over.
    await this.add(added);
    await this.remove(removed);
  }

  bestOther(search: GallerySearch): Promise<Candidate | null> {
    return this.#client.call<Candidate | null>('bestOther', search);
  }

  closest(search: ClosestSearch): Promise<Candidate[]> {
    return this.#client.call<Candidate[]>('closest', search);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
