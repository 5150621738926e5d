import type { FaultCounts } from './fault-kind.js';
import {
  runCommand,
  type CommandOptions,
  type CommandResult,
} from '../../test/support/service/run-command.js';

/**
 * Runs a command and kills it so many milliseconds after it has begun its work, or after its start.
 * @param begun text that it prints when it begins; null counts from the start.
 */
export async function killedCommand(
  command: CommandOptions,
  { begun, afterMs }: { readonly begun: string | null; readonly afterMs: number },
  counts: FaultCounts,
): Promise<CommandResult> {
  let timer: NodeJS.Timeout | undefined;
  const result = await runCommand({
    ...command,
    onStart: (child) => {
      if (begun === null) timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    },
    onOutput: (output, child) => {
      if (begun !== null && output.includes(begun))
        timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs);
    },
  });
  clearTimeout(timer);
  if (result.code === null) counts.kills += 1;
  return result;
}
