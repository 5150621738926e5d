import type { Logger } from 'pino';
import { BackgroundJob } from '../background-job.js';
import { protectEverybody } from './protect-everybody.js';
import { rewrapKeys } from './rewrap-keys.js';
import { UserProtector, type UserProtectorOptions } from './user-protector.js';

export interface BackgroundProtectionOptions extends UserProtectorOptions {
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/**
 * Finishes a change of the master key, then seals what was stored before anything was protected, while the service
 * runs. Everybody is served meanwhile: plain and sealed users differ in nothing but this.
 */
export class BackgroundProtection extends BackgroundJob {
  constructor(private readonly options: BackgroundProtectionOptions) {
    super();
  }

  protected override async run(signal: AbortSignal): Promise<void> {
    const { database, vault, logger } = this.options;
    const { protection } = database;
    try {
      const keys = await rewrapKeys({
        protection,
        vault,
        signal,
        onFailure: (_, reason) => {
          logger.error({ err: reason }, 'the key of a user could not be wrapped with the current master key');
        },
      });
      if (keys > 0) logger.info({ users: keys }, 'wrapped the keys of users with the current master key');
      const users = await protectEverybody({
        protection,
        protector: new UserProtector(this.options),
        signal,
        onFailure: (reason) => {
          logger.error({ err: reason }, 'what is held about a user could not be protected yet');
        },
      });
      if (users > 0) logger.info({ users }, 'protected what was stored before');
    } catch (error) {
      logger.error({ err: error }, 'protecting stored data stopped; the next start goes on');
    }
  }
}
