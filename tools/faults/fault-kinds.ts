import { serviceWrites, textWrites } from './crash-kinds.js';
import type { FaultKind } from './fault-kind.js';
import { imports } from './import-kind.js';
import { mysqlMigrations, sqliteMigrations } from './migration-kinds.js';
import { protections, rotations } from './protection-kinds.js';
import { reembedding } from './reembed-kind.js';
import { furtherUpgrades, oldestUpgrades, previousUpgrades } from './rolling-kinds.js';

/** Whatever changes stored data belongs here. */
export const faultKinds: readonly FaultKind[] = [
  textWrites,
  serviceWrites,
  imports,
  sqliteMigrations,
  mysqlMigrations,
  reembedding,
  rotations,
  protections,
  previousUpgrades,
  oldestUpgrades,
  furtherUpgrades,
];
