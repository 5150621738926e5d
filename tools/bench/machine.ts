import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** The machine in words, without its name or address. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
  return (
    `${model}, ${availableParallelism()} cores, ${gibibytes} GiB of memory, Linux ${release().split('.', 2).join('.')}, ` +
    `Node ${process.versions.node} (${process.arch})`
  );
}

/** Mean number of running threads in the last minute: what else the machine had to do. */
export function describeLoad(): string {
  return `load average before the run ${(loadavg()[0] ?? 0).toFixed(2)}`;
}

/** Resident memory of a process in bytes, and the most it ever had. Linux only. */
export function residentMemory(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0);
  return { now: kibibytes('VmRSS') * 1024, peak: kibibytes('VmHWM') * 1024 };
}
