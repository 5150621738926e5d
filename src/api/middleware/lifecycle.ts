import type { RequestHandler } from 'express';
import { ServiceError } from '../../errors.js';

export type ServiceState =
  | { readonly status: 'starting' }
  | { readonly status: 'ready'; readonly address: string }
  | { readonly status: 'draining' }
  | { readonly status: 'stopped' };

/** Where the service is between start and stop; it only moves forward. */
export class Lifecycle {
  #state: ServiceState = { status: 'starting' };

  get state(): ServiceState {
    return this.#state;
  }

  ready(address: string): void {
    if (this.#state.status === 'starting') this.#state = { status: 'ready', address };
  }

  drain(): void {
    if (this.#state.status !== 'stopped') this.#state = { status: 'draining' };
  }

  stop(): void {
    this.#state = { status: 'stopped' };
  }

  /** Refuses work until everything that it needs is loaded. @throws ServiceError UNAVAILABLE. */
  readonly requireStarted: RequestHandler = (_request, _response, next) => {
    if (this.#state.status === 'starting')
      throw new ServiceError('UNAVAILABLE', { message: 'The service is starting; try again shortly' });
    next();
  };

  /** Asks clients to open a new connection, elsewhere, once this process is going away. */
  readonly closeWhenDraining: RequestHandler = (_request, response, next) => {
    if (this.#state.status === 'draining') response.set('Connection', 'close');
    next();
  };
}
