import { z } from 'zod';

/** The variable that names a file with the value of another one. */
export const secretFile = (name: string) =>
  z
    .string()
    .min(1)
    .optional()
    .describe(`File that holds \`${name}\`, as Docker and Kubernetes mount secrets; one of the two`);
