import { readFileSync } from 'node:fs';

/** Variables whose value may come from a file instead, named by the same variable with `_FILE`. */
export const secretVariables = [
  'DATABASE_URL',
  'API_KEYS',
  'MASTER_KEYS',
  'PKCS11_PIN',
  'VAULT_TOKEN',
  'AWS_SECRET_ACCESS_KEY',
] as const;

interface WithSecrets {
  /** The variables, with those values that came from files. */
  readonly values: Readonly<Record<string, string | undefined>>;
  /** One text for each file that cannot be used; none holds a secret. */
  readonly problems: readonly string[];
}

/** Reads the files of secrets, as Docker and Kubernetes mount them. One line break at the end does not count. */
export function readSecretFiles(given: Readonly<Record<string, string | undefined>>): WithSecrets {
  const values: Record<string, string | undefined> = { ...given };
  const problems: string[] = [];
  for (const name of secretVariables) {
    const variable = `${name}_FILE`;
    const path = given[variable];
    if (path === undefined) continue;
    if (given[name] !== undefined) {
      problems.push(`${variable}: ${name} is set too; remove one of them`);
      continue;
    }
    try {
      const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
      if (text === '') problems.push(`${variable}: the file ${path} is empty`);
      else values[name] = text;
    } catch (error) {
      problems.push(`${variable}: the file ${path} cannot be read (${codeOf(error)})`);
    }
  }
  return { values, problems };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
