import { ConfigError, type Config } from './config.js';
import { loadConfig } from './load-config.js';

/** EX_CONFIG of sysexits.h. */
const BAD_CONFIGURATION = 78;

/** Tells on standard error what is wrong with the configuration, and ends the process. */
export function endMisconfigured({ message }: ConfigError): never {
  process.stderr.write(`${message}\n`);
  process.exit(BAD_CONFIGURATION);
}

/** The configuration; a bad one is reported on standard error and ends the process. */
export function readConfig(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    endMisconfigured(error);
  }
}
