import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import { buildModels } from '../models/build-models.js';
import { chooseDetector, chooseEmbedder } from './models/choose-models.js';
import { AccessControl } from './access/access-control.js';
import { assertMayServe } from './access/start-rule.js';
import { createApi } from './api/http-server.js';
import { outsideRequests } from './api/middleware/request-context.js';
import { AuditCheckpoints } from './audit/audit-checkpoints.js';
import { AuditWriter } from './audit/audit-writer.js';
import { AuditedInspection } from './audit/audited-inspection.js';
import type { Config } from './config/config.js';
import { FacePool } from './faces/face-pool.js';
import { SynchronisedGallery } from './gallery/synchronised-gallery.js';
import { guardedUserService } from './guarded-user-service.js';
import { ServiceMetrics } from './metrics/service-metrics.js';
import { startMetricsServer } from './metrics/start-metrics-server.js';
import { timeCalls } from './metrics/time-calls.js';
import { timeDatabase } from './metrics/time-database.js';
import { BackgroundProtection } from './protection/background-protection.js';
import { awaitHolder } from './protection/holders/await-holder.js';
import { ClockWatch } from './database/clock-watch.js';
import { openLockedDatabase } from './database/open-protected-database.js';
import { createCounters } from './limits/create-counters.js';
import { RequestLimits } from './limits/request-limits.js';
import { Shutdown } from './shutdown.js';
import { openImageStore } from './storage/open-image-store.js';
import { BackgroundReembedding } from './users/reembedding/background-reembedding.js';
import { FaceInspector } from './users/face-inspector.js';
import { FaceUserService } from './users/face-user-service.js';
import { Housekeeping } from './users/housekeeping.js';
import { livenessRule } from './users/decision/liveness-rule.js';
import { matchSettings } from './users/decision/match-settings.js';
import { Reembedder } from './users/reembedding/reembedder.js';

/** More than two threads find the memory bandwidth used up. */
const searchThreads = Math.min(2, availableParallelism());

/** The whole service, serving. */
export interface Service {
  /** For example `http://127.0.0.1:4000`. */
  readonly address: string;
  /** For example `http://127.0.0.1:9464/metrics`; null when none are served. */
  readonly metricsAddress: string | null;
  /**
   * Takes no new requests, finishes the running ones, then closes every part.
   * @throws AggregateError of the parts that failed to close, after all others are closed.
   */
  stop(): Promise<void>;
}

/**
 * Builds every part, hands each its collaborators, and starts to serve when all of them work.
 * @param ending ends a start that waits for the holder of the master keys, which may be away for long.
 */
export async function startService(config: Config, logger: Logger, ending: AbortSignal): Promise<Service> {
  const shutdown = new Shutdown();
  const metrics = new ServiceMetrics();
  try {
    const metricsServer = await startMetricsServer(metrics, config.metrics, logger);
    shutdown.part(() => metricsServer?.close() ?? Promise.resolve());
    await buildModels({
      onProgress: (message) => {
        logger.debug(message);
      },
    });
    const embedder = await chooseEmbedder(config.faces.embedder);
    const detector = await chooseDetector(config.faces.detector);
    const matching = {
      ...matchSettings(config.matching, embedder),
      similarityStep: config.matching.similarityStep,
    };
    const liveness = livenessRule(config.liveness);
    if (config.liveness.askedFor !== 'off')
      logger.warn('liveness is asked for, which stops few pictures of pictures: see docs/liveness.md');

    const {
      database: opened,
      vault,
      unlock,
    } = await openLockedDatabase(config, logger, {
      onUnopened: ({ reason }) => {
        metrics.templatesUnopened.inc({ reason });
      },
    });
    let waitingFor: string | undefined;
    const database = timeDatabase(opened, (durationMs) => {
      metrics.stage('database', durationMs);
    });
    shutdown.part(() => database.close());
    const access = new AccessControl({ apiKeys: database.apiKeys, environmentKeys: config.apiKeys });
    await assertMayServe(config.http, access, logger);
    const images = timeCalls(await openImageStore(config), (durationMs) => {
      metrics.stage('image_store', durationMs);
    });

    const faces = new FacePool({
      workers: config.faces.workers,
      queue: config.faces.queue,
      pipeline: {
        maxPixels: config.faces.maxPixels,
        detector,
        embedder,
        measureLiveness: config.liveness.askedFor !== 'off',
      },
      onThreadLost: (reason) => {
        outsideRequests(() => {
          logger.error({ err: reason }, 'a face worker was lost');
        });
      },
      onThreadEnd: () => {
        metrics.workersLost.inc({ kind: 'face' });
      },
      onStage: (stage, durationMs) => {
        metrics.stage(stage, durationMs);
      },
    });
    metrics.watchPool(faces);
    shutdown.part(() => faces.close());

    const gallery = new SynchronisedGallery({
      log: database.gallery,
      modelId: embedder.modelId,
      dimension: embedder.model.dimension,
      threads: searchThreads,
      onThreadLost: (reason) => {
        metrics.workersLost.inc({ kind: 'gallery' });
        outsideRequests(() => {
          logger.error({ err: reason }, 'the gallery thread was lost');
        });
      },
    });
    metrics.watchGallery(gallery);
    const search = timeCalls(gallery, (durationMs) => {
      metrics.stage('search', durationMs);
    });
    shutdown.part(() => gallery.close());
    const counters = createCounters(database.counters, logger);
    const clock = new ClockWatch({ databaseNow: () => database.now(), logger });
    metrics.watchClock(clock);
    const housekeeping = new Housekeeping({
      database,
      clock,
      images,
      counters,
      logger,
      imageRetentionDays: config.retention.imageDays,
      auditRetentionDays: config.retention.auditDays,
    });
    const userService = new FaceUserService({
      database,
      images,
      vault,
      faces,
      gallery: search,
      ...matching,
      liveness,
      logger,
      keepImages: config.retention.imageDays !== 0,
    });
    const inspection = new FaceInspector({
      faces,
      identifier: config.matching.identification ? search : null,
      ...matching,
      liveness,
    });
    const audit = new AuditWriter(database.auditLog);

    const api = await createApi({
      userService: guardedUserService(userService, {
        attempts: {
          counters,
          freeFailuresPerCaller: config.limits.freeFailuresPerCaller,
          freeFailuresPerUser: config.limits.freeFailuresPerUser,
        },
        audit,
        receipts: database.receipts,
        metrics,
      }),
      inspection: new AuditedInspection(inspection, audit),
      access,
      requestLimits: new RequestLimits({
        counters,
        remote: database.counters !== undefined,
        keyRequestsPerMinute: config.limits.keyRequestsPerMinute,
        addressRequestsPerMinute: config.limits.addressRequestsPerMinute,
        failedKeysPerMinute: config.limits.failedKeysPerMinute,
      }),
      health: {
        database: () => database.ping(),
        images: () => images.ping(),
        faces: () => faces.ping(),
        gallery: () => gallery.ping(),
      },
      progress: () => ({
        templates: gallery.loadedTemplates,
        ...(waitingFor !== undefined && { waitingFor }),
      }),
      warnings: () => [
        ...(clock.wrong
          ? [`the clock differs by ${clock.differenceSeconds} s from that of the database`]
          : []),
        ...vault.unknownMasterKeys.map((id) => `the master key ${id} is not configured on this node`),
      ],
      metrics,
      config: { production: config.production, dataDir: config.dataDir, http: config.http },
      logger,
    });
    shutdown.api(() => api.stop());
    const address = await api.listen();
    logger.info({ address }, 'listening; work is taken when everything is loaded');
    const unlockAndLoad = async (): Promise<void> => {
      await awaitHolder(unlock, {
        signal: ending,
        onFailure: (error) => {
          metrics.keyHolderFailures.inc({ holder: error.holder });
          waitingFor = `the key holder ${error.holder}`;
          logger.error({ err: error }, 'the master keys cannot be unwrapped yet; everything is answered 503');
        },
      });
      waitingFor = undefined;
      await gallery.load();
    };
    await Promise.all([faces.ready(), unlockAndLoad()]);
    gallery.follow((error) => {
      logger.warn({ err: error }, 'the gallery could not catch up with the database yet');
    });
    // Other nodes may be in the middle of registrations of their own.
    if (config.mysql) housekeeping.start();
    else await housekeeping.startAlone();
    shutdown.job(() => housekeeping.stop());
    api.ready(address);
    const checkpoints = new AuditCheckpoints({
      log: database.auditLog,
      masterKey: vault.current,
      logger,
    });
    checkpoints.start();
    // Not a job: the last checkpoint follows the last request.
    shutdown.part(() => checkpoints.stop());
    const protection = new BackgroundProtection({ database, images, vault, logger });
    protection.start();
    shutdown.job(() => protection.stop());
    const reembedding = new BackgroundReembedding(new Reembedder({ database, images, faces }), {
      modelId: embedder.modelId,
      logger,
    });
    reembedding.start();
    shutdown.job(() => reembedding.stop());
    return { address, metricsAddress: metricsServer?.address ?? null, stop: () => shutdown.run() };
  } catch (error) {
    await shutdown.run().catch((reason: unknown) => {
      logger.error({ err: reason }, 'not everything could be closed after the failed start');
    });
    throw error;
  }
}
