import type { Server } from 'node:http';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { RequestContext } from '../middleware/request-context.js';
import { createErrorFormatter } from './format-error.js';
import { operationLimits, operationLimitsRule } from './operations/operation-limits.js';
import { transportStatusPlugin } from './transport-status.js';

export interface ApolloOptions {
  readonly schema: GraphQLSchema;
  readonly httpServer: Server;
  readonly production: boolean;
  readonly logger: Logger;
  /** How long running requests may take after `stop()`, before their connections are cut. */
  readonly drainTimeoutMs: number;
}

const EXAMPLE_DOCUMENT =
  '# Upload pictures by the Files panel, as variable "image".\nquery Users {\n  users(first: 10) {\n    id\n    timestamp\n  }\n}\n';

/** Starts an Apollo Server that reports to nobody, whatever `APOLLO_*` variables say. */
export async function startApollo(options: ApolloOptions): Promise<ApolloServer<RequestContext>> {
  const { schema, httpServer, production, logger, drainTimeoutMs } = options;
  const apollo = new ApolloServer<RequestContext>({
    schema,
    logger,
    nodeEnv: production ? 'production' : 'development',
    introspection: !production,
    hideSchemaDetailsFromClientErrors: production,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    csrfPrevention: true,
    stopOnTerminationSignals: false,
    validationRules: [operationLimitsRule],
    parseOptions: { maxLexicalTokens: operationLimits.maxTokens },
    formatError: createErrorFormatter(logger, { hideSchema: production }),
    plugins: [
      transportStatusPlugin,
      ApolloServerPluginDrainHttpServer({ httpServer, stopGracePeriodMillis: drainTimeoutMs }),
      production
        ? ApolloServerPluginLandingPageDisabled()
        : ApolloServerPluginLandingPageLocalDefault({
            includeCookies: false,
            document: EXAMPLE_DOCUMENT,
            headers: { 'Apollo-Require-Preflight': 'true' },
            embed: { runTelemetry: false },
          }),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginCacheControlDisabled(),
    ],
  });
  await apollo.start();
  return apollo;
}
