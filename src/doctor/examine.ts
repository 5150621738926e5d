import type { Finding } from './finding.js';

export interface ExamineOptions {
  readonly findings: AsyncIterable<Finding>;
  /** Mend what can be mended. */
  readonly fix: boolean;
  readonly print: (line: string) => void;
}

export interface Examination {
  readonly found: number;
  readonly repaired: number;
}

/** Prints every finding, and what was done about it. A repair that fails does not keep the others from being done. */
export async function examine({ findings, fix, print }: ExamineOptions): Promise<Examination> {
  let found = 0;
  let repaired = 0;
  for await (const { problem, remedy, repair } of findings) {
    found += 1;
    print(problem);
    if (!fix || repair === undefined) {
      print(`  ${repair === undefined ? 'you have to' : '--fix would'} ${remedy}`);
      continue;
    }
    try {
      const done = await repair();
      if (done) repaired += 1;
      print(done ? `  repaired: ${remedy}` : `  not yet: ${remedy}; run the doctor again in an hour`);
    } catch (error) {
      print(`  failed: ${remedy}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { found, repaired };
}
