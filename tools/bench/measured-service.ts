import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { compiledFile } from '../../src/project-root.js';
import { allocatorSettings } from '../../src/threads/allocator-settings.js';
import { ServiceProcess } from '../../test/support/service/service-process.js';
import { residentMemory } from './machine.js';
import type { ServiceFigures } from './sections/service-figures.js';

/** The compiled service in a process of its own, with a look inside. */
export class MeasuredService {
  private constructor(
    private readonly service: ServiceProcess,
    /** Milliseconds from starting the process to readiness. */
    readonly startMs: number,
  ) {}

  static async start(dataDir: string, environment: Record<string, string> = {}): Promise<MeasuredService> {
    const preload = pathToFileURL(compiledFile('tools/bench/sections/service-figures.ts')).href;
    const start = performance.now();
    const service = await ServiceProcess.start({
      dataDir,
      environment: {
        NODE_ENV: 'production',
        LOG_LEVEL: 'info',
        // All clients of a bench share one address.
        ADDRESS_REQUESTS_PER_MINUTE: '0',
        FACE_WORKERS: '2',
        ...allocatorSettings,
        NODE_OPTIONS: `--import=${preload}`,
        ...environment,
      },
    });
    return new MeasuredService(service, performance.now() - start);
  }

  get address(): string {
    return this.service.address;
  }

  /** Bytes. */
  memory(): { now: number; peak: number } {
    return residentMemory(this.#pid);
  }

  /** What happened since the last call. */
  async figures(): Promise<ServiceFigures> {
    const seen = this.service.output.length;
    process.kill(this.#pid, 'SIGUSR2');
    for (;;) {
      await pause(10);
      const line = this.service.output.slice(seen).find((text) => text.startsWith('{"serviceFigures"'));
      if (line !== undefined) return (JSON.parse(line) as { serviceFigures: ServiceFigures }).serviceFigures;
      if (this.service.child.exitCode !== null) throw new Error('The service ended during the measurement.');
    }
  }

  stop(): Promise<number | null> {
    return this.service.end('SIGTERM');
  }

  get #pid(): number {
    const { pid } = this.service.child;
    if (pid === undefined) throw new Error('The service has no process.');
    return pid;
  }
}
