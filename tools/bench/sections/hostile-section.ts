import { hostilePictures } from '../../../test/support/pictures/hostile-pictures.js';
import { PictureExaminer, type Examination } from '../../../test/support/pictures/picture-examiner.js';
import { mebibytes } from '../format.js';
import type { BenchSection, BenchTable } from './section.js';

interface Row extends Examination {
  readonly kind: string;
  readonly name: string;
  readonly right: boolean;
}

function worst(rows: readonly Row[], measure: (row: Row) => number): Row | undefined {
  return [...rows].sort((one, two) => measure(two) - measure(one))[0];
}

function table(rows: readonly Row[]): BenchTable {
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  return {
    title: 'Worst of each kind',
    columns: ['kind', 'pictures', 'processor ms', 'slowest', 'peak MiB', 'largest', 'wrong'],
    rows: kinds.map((kind) => {
      const members = rows.filter((row) => row.kind === kind);
      const slowest = worst(members, ({ processorMs }) => processorMs);
      const largest = worst(members, ({ peakBytes }) => peakBytes);
      return [
        kind,
        String(members.length),
        (slowest?.processorMs ?? 0).toFixed(0),
        slowest?.name ?? '',
        mebibytes(largest?.peakBytes ?? 0),
        largest?.name ?? '',
        String(members.filter(({ right }) => !right).length),
      ];
    }),
    notes: [
      'Each picture once, in a process that does as a face worker does; processor time of all its threads, and resident memory above that before the picture.',
    ],
  };
}

/** What hostile pictures take; the tests see to what they are answered. */
export const hostileSection: BenchSection = {
  name: 'pictures',
  title: 'Hostile pictures',
  run: async () => {
    const examiner = await PictureExaminer.start();
    const rows: Row[] = [];
    try {
      for (const { kind, name, outcomes, make } of hostilePictures) {
        const examination = await examiner.examine(await make());
        const right = (outcomes as readonly string[]).includes(examination.outcome);
        rows.push({ kind, name, right, ...examination });
      }
    } finally {
      await examiner.close();
    }
    return { tables: [table(rows)], figures: { pictures: rows } };
  },
};
