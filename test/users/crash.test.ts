import { expect, it } from 'vitest';
import { CrashLoop } from '../support/service/crash-loop.js';
import { isStoredAsText, startCrashingTextService } from '../support/service/crashing-text-service.js';
import { temporaryFolder } from '../support/temporary-folder.js';

it('loses nothing answered and leaves nothing half-written over 52 kills', { timeout: 120_000 }, async () => {
  const loops = Array.from(
    { length: 4 },
    (_, seed) =>
      new CrashLoop({
        folder: temporaryFolder(),
        start: startCrashingTextService,
        isStored: isStoredAsText,
        seed,
        answers: 16,
        restMs: 40,
        inFlight: 6,
      }),
  );
  await Promise.all(loops.map((loop) => loop.run(13)));

  const total = (count: keyof CrashLoop['counts']) =>
    loops.reduce((sum, { counts }) => sum + counts[count], 0);
  expect(total('kills')).toBe(52);
  expect(total('registrations')).toBeGreaterThan(0);
  expect(total('deletions')).toBeGreaterThan(0);
  expect(total('interrupted')).toBeGreaterThan(0);
});
