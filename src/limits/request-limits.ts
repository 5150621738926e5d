import type { Counters } from './counters.js';
import { clientNetwork } from './client-network.js';
import { RequestRate } from './request-rate.js';

export interface RequestLimitsOptions {
  /** Limit of one API key, and of one address; 0: no limit. */
  readonly keyRequestsPerMinute: number;
  readonly addressRequestsPerMinute: number;
  /** Limit of one address; 0: no limit. */
  readonly failedKeysPerMinute: number;
  readonly counters: Counters;
  /** Whether counting takes a round trip to a server. */
  readonly remote: boolean;
}

/** How often clients may ask. Each method counts one request. */
export class RequestLimits {
  readonly #keys: RequestRate;
  readonly #addresses: RequestRate;
  readonly #failures: RequestRate;

  constructor(options: RequestLimitsOptions) {
    const { keyRequestsPerMinute, addressRequestsPerMinute, failedKeysPerMinute, counters, remote } = options;
    const rate = (kind: string, perMinute: number) =>
      new RequestRate({
        kind,
        perMinute,
        counters,
        // A hundredth: the counters then cost a read-only request next to nothing.
        block: remote ? Math.max(1, Math.floor(perMinute / 100)) : 1,
      });
    this.#keys = rate('key', keyRequestsPerMinute);
    this.#addresses = rate('address', addressRequestsPerMinute);
    this.#failures = rate('failed-key', failedKeysPerMinute);
  }

  /** @throws ServiceError RATE_LIMITED. */
  requestFrom(address: string): Promise<void> {
    return this.#addresses.count(clientNetwork(address));
  }

  /** @throws ServiceError RATE_LIMITED. */
  requestWith(keyId: string): Promise<void> {
    return this.#keys.count(keyId);
  }

  /**
   * Counts a request without a valid key. A valid one is not refused for it: others behind the same address must not
   * be able to lock its owner out, and a key cannot be guessed.
   * @throws ServiceError RATE_LIMITED.
   */
  authenticationFailed(address: string): Promise<void> {
    return this.#failures.count(clientNetwork(address));
  }
}
