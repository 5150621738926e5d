import '../../../src/onnx/no-telemetry.js';
import { ServiceError } from '../../../src/errors.js';
import { createFacePipeline } from '../../../src/faces/face-pipeline.js';
import { assertUnitTemplate } from '../models/assert-unit-template.js';

export interface ExaminerReply {
  readonly outcome: string;
  readonly ms: number;
  /** Processor time of all threads. */
  readonly processorMs: number;
}

const pipeline = await createFacePipeline({ maxPixels: 50_000_000 });

async function outcomeOf(bytes: Uint8Array): Promise<string> {
  try {
    assertUnitTemplate((await pipeline.extract(bytes)).template);
    return 'FACE';
  } catch (error) {
    return error instanceof ServiceError ? error.code : `FAULT: ${String(error)}`;
  }
}

async function examine(bytes: Uint8Array): Promise<void> {
  const start = performance.now();
  const used = process.cpuUsage();
  const outcome = await outcomeOf(bytes);
  const { user, system } = process.cpuUsage(used);
  const ms = performance.now() - start;
  const reply: ExaminerReply = { outcome, ms, processorMs: (user + system) / 1000 };
  process.send?.(reply);
}

process.on('message', (bytes: Uint8Array) => void examine(bytes));
process.send?.({ outcome: 'ready', ms: 0, processorMs: 0 } satisfies ExaminerReply);
