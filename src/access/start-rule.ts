import type { Logger } from 'pino';
import { ConfigError, type HttpSettings } from '../config/config.js';
import type { AccessControl } from './access-control.js';
import { isLoopback } from './loopback.js';

/**
 * Without any key the service serves this machine alone.
 * @throws ConfigError when it is to listen elsewhere and nothing says that this is meant.
 */
export async function assertMayServe(
  http: Pick<HttpSettings, 'host' | 'trustProxy' | 'dangerouslyServeWithoutKeys'>,
  access: Pick<AccessControl, 'keysRequired'>,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  if (await access.keysRequired()) return;
  const reachable = !(await isLoopback(http.host));
  if (reachable && !http.dangerouslyServeWithoutKeys)
    throw new ConfigError(
      [
        'HOST: others can reach this address, and there is no API key yet: they could register, verify, list and delete every user.',
        '  Create one:  npm run keys -- create --scope admin --name first',
        '  (in a container: node dist/src/cli/keys.js create --scope admin --name first)',
        '  or set API_KEYS, or leave HOST unset to serve this machine alone. See docs/access.md.',
        '  DANGEROUSLY_SERVE_WITHOUT_KEYS=yes serves everybody without keys.',
      ].join('\n'),
    );
  if (reachable || http.trustProxy > 0)
    logger.warn('there is no API key: anyone who reaches the service may do everything; see docs/access.md');
}
