import { CrashLoop, type CrashLoopOptions } from '../../test/support/service/crash-loop.js';
import { isStoredAsFace, startCrashingService } from '../../test/support/service/crashing-service.js';
import {
  isStoredAsText,
  startCrashingTextService,
} from '../../test/support/service/crashing-text-service.js';
import { inFolder, type FaultKind } from './fault-kind.js';

/** Registrations and deletions, answered ones against stored ones. */
function crashKind(
  name: string,
  how: Pick<CrashLoopOptions, 'start' | 'isStored' | 'answers' | 'restMs' | 'inFlight'>,
): FaultKind {
  return {
    name,
    missing: null,
    run: ({ rounds, seed }, total) =>
      inFolder(async (folder) => {
        const loop = new CrashLoop({ folder, seed, ...how });
        try {
          await loop.run(rounds);
        } finally {
          const { kills, registrations, deletions, interrupted } = loop.counts;
          total.kills += kills;
          total.acknowledged += registrations + deletions;
          total.interrupted += interrupted;
        }
      }),
  };
}

export const textWrites = crashKind('register and delete, faces of text', {
  start: startCrashingTextService,
  isStored: isStoredAsText,
  answers: 16,
  restMs: 40,
  inFlight: 6,
});

export const serviceWrites = crashKind('register and delete over REST', {
  start: startCrashingService,
  isStored: isStoredAsFace,
  answers: 6,
  restMs: 150,
  inFlight: 4,
});
