import { AccessControl } from '../../../src/access/access-control.js';
import { assertMayServe } from '../../../src/access/start-rule.js';
import { createApi } from '../../../src/api/http-server.js';
import { AuditWriter } from '../../../src/audit/audit-writer.js';
import { guardedUserService } from '../../../src/guarded-user-service.js';
import { ServiceMetrics } from '../../../src/metrics/service-metrics.js';
import { loadConfig } from '../../../src/config/load-config.js';
import { createLogger } from '../../../src/create-logger.js';
import { SynchronisedGallery } from '../../../src/gallery/synchronised-gallery.js';
import { createCounters } from '../../../src/limits/create-counters.js';
import { RequestLimits } from '../../../src/limits/request-limits.js';
import { openProtectedDatabase } from '../../../src/database/open-protected-database.js';
import { LocalImageStore } from '../../../src/storage/local-image-store.js';
import { FaceInspector } from '../../../src/users/face-inspector.js';
import { FaceUserService } from '../../../src/users/face-user-service.js';
import { textAnchors, TextFaceService, TEXT_MODEL_ID, textRule } from './text-face-service.js';

// One node of the service as the program composes it, except that faces are text. The argument is the folder of the
// images, which all nodes share.
const config = loadConfig();
const logger = createLogger(config.logLevel);
const { database, vault } = await openProtectedDatabase(config, logger);
const access = new AccessControl({ apiKeys: database.apiKeys, environmentKeys: config.apiKeys });
await assertMayServe(config.http, access, logger);
const gallery = new SynchronisedGallery({
  log: database.gallery,
  modelId: TEXT_MODEL_ID,
  dimension: 128,
  threads: 1,
});
await gallery.load();
const faces = new TextFaceService();
const matching = { rule: textRule, anchors: textAnchors };
const counters = createCounters(database.counters, logger);
const users = new FaceUserService({
  database,
  images: await LocalImageStore.open(process.argv[2] ?? '', { abandonedAfterMs: 3_600_000 }),
  vault,
  faces,
  gallery,
  ...matching,
  logger,
});
const api = await createApi({
  userService: guardedUserService(users, {
    attempts: { ...config.limits, counters },
    audit: new AuditWriter(database.auditLog),
    receipts: database.receipts,
    metrics: new ServiceMetrics(),
  }),
  inspection: new FaceInspector({ faces, identifier: gallery, ...matching }),
  access,
  requestLimits: new RequestLimits({ ...config.limits, counters, remote: database.counters !== undefined }),
  health: { database: () => database.ping() },
  config,
  logger,
});
const address = await api.listen();
api.ready(address);
logger.info({ address }, 'ready');
