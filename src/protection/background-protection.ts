import type { Logger } from 'pino';
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
export class BackgroundProtection {
  readonly #end = new AbortController();
  #work: Promise<void> = Promise.resolve();

  constructor(private readonly options: BackgroundProtectionOptions) {}

  start(): void {
    this.#work = this.#run();
  }

  /** Resolves when everything is sealed, or at `stop`. */
  done(): Promise<void> {
    return this.#work;
  }

  /** Resolves when the user under way is done; the rest is left to the next start. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { database, vault, logger } = this.options;
    const { protection } = database;
    const { signal } = this.#end;
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
