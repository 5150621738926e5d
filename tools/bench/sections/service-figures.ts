import { writeSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** What the service prints, as a line of JSON, each time it gets SIGUSR2; then it starts counting again. */
export interface ServiceFigures {
  /** Milliseconds between two looks at the event loop, which a free one takes every millisecond. */
  readonly eventLoopP50: number;
  readonly eventLoopP99: number;
  readonly eventLoopMax: number;
}

// Loaded into the service by `--import`, so that the service itself holds nothing for the benchmark.
if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  process.on('SIGUSR2', () => {
    const figures: ServiceFigures = {
      eventLoopP50: delay.percentile(50) / 1e6,
      eventLoopP99: delay.percentile(99) / 1e6,
      eventLoopMax: delay.max / 1e6,
    };
    delay.reset();
    writeSync(1, `${JSON.stringify({ serviceFigures: figures })}\n`);
  });
}
