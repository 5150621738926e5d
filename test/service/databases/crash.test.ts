import { expect, test } from 'vitest';
import { CrashLoop } from '../../support/service/crash-loop.js';
import { isStoredAsFace, startCrashingService } from '../../support/service/crashing-service.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('real faces over REST: loses nothing answered and leaves nothing half-written over kills', async () => {
  const loop = new CrashLoop({
    folder: temporaryFolder(),
    start: startCrashingService,
    isStored: isStoredAsFace,
    seed: 7,
    answers: 6,
    restMs: 150,
    inFlight: 4,
  });
  await loop.run(4);
  expect(loop.counts.kills).toBe(4);
  expect(loop.counts.registrations).toBeGreaterThan(0);
  expect(loop.counts.interrupted).toBeGreaterThan(0);
}, 120_000);
