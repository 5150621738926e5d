import { spawnSync } from 'node:child_process';

// `npm audit` ends with 1 both for a known vulnerability and for a registry that cannot be asked, as mirrors often
// cannot. Only the first is a failure of this project; the second is said aloud.
const { stdout } = spawnSync('npm', ['audit', '--audit-level=high', '--json'], { encoding: 'utf8' });

/** @typedef {{ auditReportVersion?: number, message?: string, vulnerabilities?: Record<string, { severity: string }> }} Report */

/** @type {(text: string) => Report} */
const parse = JSON.parse;

const { auditReportVersion, message = 'no answer', vulnerabilities = {} } = parse(stdout || '{}');
const severe = Object.entries(vulnerabilities).filter(([, { severity }]) =>
  /^(high|critical)$/.test(severity),
);
if (auditReportVersion === undefined)
  process.stderr.write(`NOT AUDITED: the registry cannot be asked for known vulnerabilities (${message}).\n`);
for (const [name, { severity }] of severe)
  process.stderr.write(`${name}: a ${severity} vulnerability is known\n`);
process.exitCode = severe.length > 0 ? 1 : 0;
