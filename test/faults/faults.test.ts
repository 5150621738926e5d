import { describe, expect, it } from 'vitest';
import { serviceWrites, textWrites } from '../../tools/faults/crash-kinds.js';
import { NotPossibleHere, type FaultCounts } from '../../tools/faults/fault-kind.js';
import { faultKinds } from '../../tools/faults/fault-kinds.js';

// `npm run faults` does hundreds of rounds. Registrations and deletions have tests of their own.
const others = faultKinds.filter((kind) => kind !== textWrites && kind !== serviceWrites);
describe.each(others)('$name', ({ missing, run }) => {
  it.skipIf(missing !== null)(
    `loses nothing acknowledged over kills ${missing ?? ''}`,
    async ({ skip }) => {
      const counts: FaultCounts = { kills: 0, acknowledged: 0, interrupted: 0 };
      try {
        await run({ rounds: 2, seed: 5 }, counts);
      } catch (error) {
        if (error instanceof NotPossibleHere) skip(error.message);
        throw error;
      }
      expect(counts.kills).toBe(2);
    },
    180_000,
  );
});
