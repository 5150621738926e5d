import { buildModels } from './build-models.js';
import { ModelError } from './model-error.js';

const started = performance.now();
try {
  await buildModels({ onProgress: (message) => process.stdout.write(`${message}\n`) });
  process.stdout.write(`All models are in place (${Math.round(performance.now() - started)} ms).\n`);
} catch (error) {
  if (!(error instanceof ModelError)) throw error;
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  process.stderr.write(`${error.message}${cause}\n`);
  process.exitCode = 1;
}
