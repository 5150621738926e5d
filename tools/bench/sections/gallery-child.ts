import { DEFAULT_EMBEDDER } from '../../../src/models/catalogue.js';
import { SynchronisedGallery } from '../../../src/gallery/synchronised-gallery.js';
import { openSqlite } from '../../../test/support/databases/open-sqlite.js';
import { unitVector } from '../../../test/support/models/unit-vectors.js';
import { residentMemory } from '../machine.js';
import { summarise, timed, type Summary } from '../statistics.js';

/** What `gallery-child` prints. */
export interface GalleryFigures {
  /** Milliseconds from an open database to a gallery that can be searched. */
  readonly loadMs: number;
  /** Bytes that loading added to the process, and the most while it went on. */
  readonly memory: number;
  readonly memoryPeak: number;
  /** Milliseconds of one search as a verification does it: revision clock, thread, search. */
  readonly search: Summary;
}

const [folder = '', people = '', threads = '', searches = ''] = process.argv.slice(2);
const DIMENSION = 128;

const database = await openSqlite(folder);
const before = residentMemory(process.pid).now;
const gallery = new SynchronisedGallery({
  log: database.gallery,
  modelId: DEFAULT_EMBEDDER,
  dimension: DIMENSION,
  threads: Number(threads),
});
const start = performance.now();
await gallery.load();
const loadMs = performance.now() - start;
globalThis.gc?.();
const { now, peak } = residentMemory(process.pid);
if (gallery.size !== Number(people)) throw new Error(`The gallery holds ${gallery.size} templates.`);

let asked = 0;
const times = await timed(Number(searches), 3, async () => {
  // Any stride without a common factor with the number of people visits them all in turn.
  const person = (asked++ * 7919) % Number(people);
  const best = await gallery.bestOther(unitVector(person, DIMENSION), 'nobody');
  const name = `person-${person.toString().padStart(8, '0')}`;
  if (best?.userId !== name || best.score < 0.999) throw new Error(`${name} was not found.`);
});
const figures: GalleryFigures = {
  loadMs,
  memory: now - before,
  memoryPeak: peak - before,
  search: summarise(times),
};
await gallery.close();
await database.close();
console.log(JSON.stringify(figures));
