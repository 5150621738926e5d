import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildModels } from '../../models/build-models.js';
import { chooseEmbedder } from '../../src/models/choose-models.js';
import { ModelError } from '../../src/models/model-error.js';
import { detChart, histogramChart } from './charts.js';
import { crossComparisons, scoreOf, type Subject } from './cross-comparisons.js';
import { Comparisons, detCurve, equalErrorRate } from './error-rates.js';
import { extractTemplates } from './templates/extract-templates.js';
import { foldAccuracy, type ScoredPair } from './fit/fold-accuracy.js';
import { listImages } from './templates/image-folder.js';
import { readOptions, type EvaluateOptions } from './options.js';
import { readPairs } from './pairs.js';
import { pipelineVersion } from './templates/pipeline-version.js';
import { describePoints, falseMatchRates, operatingPoints, percent, type OperatingPoints } from './report.js';
import { TemplateCache } from './templates/template-cache.js';
import { UsageError } from './usage-error.js';

async function evaluate(options: EvaluateOptions): Promise<void> {
  const images = listImages(options.images);
  const pairs = readPairs(readPairsFile(options.pairs), images);
  await buildModels();
  const embedder = await chooseEmbedder(options.embedder);
  const cache = options.cache === null ? null : new TemplateCache(options.cache, pipelineVersion(embedder));
  const extractions = await extractTemplates(images, { workers: options.workers, embedder, cache });

  const subjects = new Map<string, Subject>();
  const failures: string[] = [];
  images.forEach(({ name, identity }, index) => {
    const extraction = extractions[index];
    if (extraction === undefined) return;
    const template = 'template' in extraction ? extraction.template : null;
    if ('failure' in extraction) failures.push(`  ${name}: ${extraction.failure}`);
    subjects.set(name, { identity, template });
  });

  const listed = new Comparisons();
  const scored: ScoredPair[] = pairs.map(({ first, second, same, fold }) => {
    const one = subjects.get(first.name);
    const two = subjects.get(second.name);
    if (one === undefined || two === undefined)
      throw new Error(`${first.name} or ${second.name} was not read.`);
    const score = scoreOf(one.template, two.template);
    if (same) listed.addGenuine(one.identity, score);
    else listed.addImpostor(score);
    return { score, same, fold };
  });
  const cross = crossComparisons([...subjects.values()]);
  const points = operatingPoints(cross);
  const accuracy = foldAccuracy(scored);
  const eer = equalErrorRate(listed);

  console.log(`${images.length} pictures of ${new Set(images.map(({ identity }) => identity)).size} people`);
  console.log(
    `Failure to acquire: ${percent(failures.length / images.length)} (${failures.length} pictures)`,
  );
  for (const failure of failures) console.log(failure);
  console.log(`Listed pairs: ${listed.genuineTotal} genuine, ${listed.impostor.total} of different people`);
  if (accuracy !== null)
    console.log(
      `  accuracy: ${percent(accuracy.mean)} ± ${percent(accuracy.standardError)} (10-fold, standard error)`,
    );
  console.log(`  EER: ${percent(eer)}`);
  console.log(describePoints(operatingPoints(listed)));
  console.log(`All cross pairs: ${cross.genuineTotal} genuine, ${cross.impostor.total} of different people`);
  console.log(`  EER: ${percent(equalErrorRate(cross))}`);
  console.log(describePoints(points));
  console.log('Intervals come from resampling people 2000 times: comparisons of one person fail together.');

  if (options.json !== null)
    writeFileSync(
      options.json,
      `${JSON.stringify(
        {
          images: images.length,
          pairs: pairs.length,
          failureToAcquire: failures.length / images.length,
          accuracy: accuracy?.mean ?? null,
          eer,
          tar: figures(points, 'trueAcceptRate'),
          thresholds: figures(points, 'threshold'),
        },
        null,
        2,
      )}\n`,
    );
  if (options.output !== null) writeCharts(options.output, cross);
}

function figures(points: OperatingPoints, figure: 'threshold' | 'trueAcceptRate') {
  return Object.fromEntries(falseMatchRates.map((rate) => [rate, points[rate]?.[figure] ?? null]));
}

function readPairsFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`--pairs ${file} cannot be read.`);
  }
}

const HISTOGRAM_PARTS = 80;

function writeCharts(folder: string, comparisons: Comparisons): void {
  mkdirSync(folder, { recursive: true });
  const { genuine, impostor } = comparisons;
  const lowest = Math.min(firstOf(genuine.occupied()), firstOf(impostor.occupied()));
  const from = Math.floor(lowest * 20) / 20;
  const range = [from, 1, HISTOGRAM_PARTS] as const;
  const series = { genuine: genuine.parts(...range), impostor: impostor.parts(...range), from, to: 1 };
  writeFileSync(join(folder, 'scores.svg'), histogramChart('Scores of all cross pairs', series));
  writeFileSync(
    join(folder, 'det.svg'),
    detChart('Detection error trade-off, all cross pairs', detCurve(comparisons)),
  );
}

function firstOf(occupied: Iterable<[score: number, count: number]>): number {
  for (const [score] of occupied) return score;
  return 1;
}

try {
  await evaluate(readOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof ModelError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
