import type { MasterKey, MasterKeyEntry } from '../../../src/protection/master-key.js';

/** Master keys that no holder has wrapped. */
export function plainKeys([first, ...others]: readonly [MasterKeyEntry, ...MasterKeyEntry[]]): [
  MasterKey,
  ...MasterKey[],
] {
  return [plain(first), ...others.map(plain)];
}

function plain(entry: MasterKeyEntry): MasterKey {
  if ('held' in entry) throw new Error(`The master key ${entry.id} is wrapped.`);
  return entry;
}
