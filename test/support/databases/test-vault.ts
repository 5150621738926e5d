import { proofOf, type MasterKey } from '../../../src/protection/master-key.js';
import { Vault } from '../../../src/protection/vault.js';
import type { Database } from '../../../src/database/database.js';

export const testMasterKey: MasterKey = { id: 'test', secret: Buffer.alloc(32, 'test key') };

export const testVault = new Vault({ masterKeys: [testMasterKey] });

/** Makes the key of the tests known to a database that was opened with their vault. */
export async function introduceTestKey(database: Database): Promise<void> {
  await database.protection.introduce({ id: testMasterKey.id, proof: proofOf(testMasterKey) });
}
