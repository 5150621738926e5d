import { cpus } from 'node:os';
import { buildModels } from '../../models/build-models.js';
import type { BenchSection } from './bench-section.js';
import { faceStages } from './face-stages.js';
import { lfwSection } from './lfw-section.js';

const sections: readonly BenchSection[] = [faceStages, lfwSection];

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    console.log(
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('   '),
    );
  }
}

await buildModels();
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`);
for (const section of sections) {
  console.log(`\n${section.title}\n`);
  printTable(await section.run());
}
