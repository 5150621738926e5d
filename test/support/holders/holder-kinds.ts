import { onTestFinished } from 'vitest';
import { SoftToken, softTokenMissing } from './soft-token.js';
import { TransitServer } from './transit-server.js';

/** A holder that is there, with a key in it. */
export interface HolderUnderTest {
  /** Variables that name it to the service. */
  readonly environment: Record<string, string>;
}

export interface HolderKind {
  readonly name: 'pkcs11' | 'vault';
  /** Why its tests are skipped on this machine; null where they run. */
  readonly missing: string | null;
  readonly open: () => Promise<HolderUnderTest>;
}

export async function openTransitServer(
  ...tls: ConstructorParameters<typeof TransitServer>
): Promise<TransitServer & HolderUnderTest> {
  const server = await new TransitServer(...tls).start();
  onTestFinished(() => server.stop());
  server.rotate('facial-verification');
  return Object.assign(server, {
    environment: { MASTER_KEY_HOLDER: 'vault', VAULT_ADDR: server.address, VAULT_TOKEN: server.token },
  });
}

export const holderKinds: readonly HolderKind[] = [
  { name: 'pkcs11', missing: softTokenMissing, open: () => Promise.resolve(new SoftToken()) },
  { name: 'vault', missing: null, open: openTransitServer },
];
